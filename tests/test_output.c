/* test_output.c -- output files: what is kept, what is replaced, what is written in place. */
#include "pictures.h"
#include "tests.h"
#include "image/image.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int files_in_folder(void)
{
    int count = 0;
    DIR *directory = opendir(pictures_path(""));
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static void store(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static bool holds(const char *path, const char *text)
{
    char found[100] = "";
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    return strcmp(found, text) == 0;
}

/* For this process the disk appears full. */
static void test_failure_keeps_old_file(void)
{
    const char *path = pictures_path("old.png");
    struct tri_image *image = pictures_noise(200, 200, 3, 8);
    struct tri_error error = {0};
    struct rlimit limit, tight;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    store(path, "the old file");
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
    tight = limit;
    tight.rlim_cur = 5000;
    fflush(stdout);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum tri_status status = tri_image_write(path, image, NULL, &error);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, handler);

    CU_ASSERT_EQUAL(status, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, strerror(EFBIG)));
    CU_ASSERT_TRUE(holds(path, "the old file"));
    CU_ASSERT_EQUAL(files_in_folder(), 1);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, &error), TRI_OK);
    CU_ASSERT_EQUAL(files_in_folder(), 1);
    tri_image_free(image);
    unlink(path);
}

/* Leftovers of killed processes are removed, but no file of a live process, no locked file, and
 * none with a similar name. */
static void test_leftovers(void)
{
    struct tri_image *image = pictures_noise(2, 2, 1, 8);
    char own[100], name[100];
    int status;
    const pid_t dead = fork();

    if (dead == 0)
        _exit(0);
    CU_ASSERT_EQUAL_FATAL(waitpid(dead, &status, 0), dead);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    for (int i = 0; i < 120; i++) {
        snprintf(name, sizeof name, ".triptych-%d-%d", (int)dead, i);
        store(pictures_path(name), "half a file");
    }
    snprintf(own, sizeof own, ".triptych-%d-0", (int)getpid());
    store(pictures_path(own), "alive");
    store(pictures_path(".triptych-notes"), "text");
    const int locked = open(pictures_path(name), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(flock(locked, LOCK_EX | LOCK_NB), 0);
    CU_ASSERT_EQUAL(tri_image_write(pictures_path("new.png"), image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(files_in_folder(), 4);
    CU_ASSERT_TRUE(holds(pictures_path(name), "half a file"));
    close(locked);
    unlink(pictures_path(name));
    unlink(pictures_path(own));
    unlink(pictures_path(".triptych-notes"));
    unlink(pictures_path("new.png"));
    tri_image_free(image);
}

static void test_devices(void)
{
    struct tri_image *small = pictures_noise(2, 2, 1, 8), *large = pictures_noise(300, 300, 3, 8);
    struct tri_error error = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(small);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    CU_ASSERT_EQUAL(tri_image_write("/dev/full", small, NULL, &error), TRI_FAILED);
    CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
    CU_ASSERT_EQUAL(tri_image_write("/dev/full", large, NULL, &error), TRI_FAILED);
    CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
    CU_ASSERT_EQUAL(tri_image_write("/dev/null", large, NULL, &error), TRI_OK);
    struct stat status;
    CU_ASSERT_EQUAL(stat("/dev/null", &status), 0);
    CU_ASSERT_TRUE(S_ISCHR(status.st_mode));
    tri_image_free(small);
    tri_image_free(large);
}

static void test_unwritable(void)
{
    struct tri_image *image = pictures_noise(2, 2, 1, 8);
    struct tri_error error;
    char want[1024];

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(pictures_path(""), image, NULL, &error), TRI_FAILED);
    snprintf(want, sizeof want, "cannot write %s: Is a directory", pictures_path(""));
    CU_ASSERT_STRING_EQUAL(error.text, want);
    CU_ASSERT_EQUAL(tri_image_write(pictures_path("missing/out.png"), image, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "missing/out.png: No such file or directory"));
    CU_ASSERT_EQUAL(tri_image_write("", image, NULL, &error), TRI_FAILED);
    CU_ASSERT_EQUAL(files_in_folder(), 0);
    tri_image_free(image);
}

static void test_permissions(void)
{
    const char *path = pictures_path("mode.png");
    struct tri_image *image = pictures_noise(2, 2, 1, 8);
    struct stat status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    mode_t mask = umask(027);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    umask(mask);
    CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0640);
    CU_ASSERT_EQUAL(chmod(path, 0604), 0);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0604);
    tri_image_free(image);
    unlink(path);
}

static void test_links(void)
{
    struct tri_image *image = pictures_noise(2, 2, 1, 8), *in = NULL;
    const char *path = pictures_path("target.png"), *link = pictures_path("link.png");
    struct stat status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL_FATAL(symlink("target.png", link), 0);
    for (int exists = 0; exists < 2; exists++) { /* first the link dangles */
        CU_ASSERT_EQUAL(tri_image_write(link, image, NULL, NULL), TRI_OK);
        CU_ASSERT_EQUAL(lstat(link, &status), 0);
        CU_ASSERT_TRUE(S_ISLNK(status.st_mode));
        CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_image_compare(image, in).count, 0);
        tri_image_free(in);
        store(path, "something else");
    }
    CU_ASSERT_EQUAL(files_in_folder(), 2);
    unlink(link);
    unlink(path);
    tri_image_free(image);
}

static void test_pipe(void)
{
    const char *path = pictures_path("pipe");
    struct tri_image *image = pictures_noise(20, 20, 3, 8);
    unsigned char got[8];

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    CU_ASSERT_TRUE_FATAL(reader >= 0);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(read(reader, got, sizeof got), 8);
    CU_ASSERT_EQUAL(memcmp(got, "\211PNG\r\n\032\n", 8), 0);
    close(reader);
    unlink(path);
    tri_image_free(image);
}

/* Copies from standard input to standard output in a child, whose own streams are unused. */
static void test_standard_streams(void)
{
    struct tri_image *image = pictures_noise(33, 21, 4, 16), *copy = NULL;
    const char *from = pictures_path("from.png"), *to = pictures_path("to.png");

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(from, image, NULL, NULL), TRI_OK);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || tri_image_read("-", NULL, &copy, NULL, NULL))
            _exit(1);
        enum tri_status written = tri_image_write("-", copy, NULL, NULL);
        tri_image_free(copy);
        tri_image_free(image); /* the child's copy, for leak checkers */
        _exit(written);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL_FATAL(tri_image_read(to, NULL, &copy, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(image, copy).count, 0);
    tri_image_free(copy);
    tri_image_free(image);
    unlink(from);
    unlink(to);
}

int test_output_suite(void)
{
    CU_pSuite suite = CU_add_suite("output", pictures_enter, pictures_leave);
    /* First in this suite, because a process checks once. */
    return !(suite && CU_add_test(suite, "what killed processes have left", test_leftovers) &&
             CU_add_test(suite, "a failure keeps the old file", test_failure_keeps_old_file) &&
             CU_add_test(suite, "devices are written in place", test_devices) &&
             CU_add_test(suite, "what cannot be written", test_unwritable) &&
             CU_add_test(suite, "permissions", test_permissions) &&
             CU_add_test(suite, "links", test_links) && CU_add_test(suite, "pipes", test_pipe) &&
             CU_add_test(suite, "standard streams", test_standard_streams));
}
