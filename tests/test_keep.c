/* test_keep.c -- attributes that a written file takes over from the one it replaces. */
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"
#define USER 12345
#define GROUP 23456
#define NOBODY 65534

/* user::rw-, user:12345:rw-, group::r--, mask::rw-, other::--- as the kernel stores it: a version,
 * then tag, rights, id. */
static const unsigned char acl[] = {2,    0,    0, 0, /* */
                                    0x01, 0,    6, 0, 0xff,        0xff,
                                    0xff, 0xff, /* */
                                    0x02, 0,    6, 0, USER & 0xff, USER >> 8 & 0xff,
                                    0,    0, /* */
                                    0x04, 0,    4, 0, 0xff,        0xff,
                                    0xff, 0xff, /* */
                                    0x10, 0,    6, 0, 0xff,        0xff,
                                    0xff, 0xff, /* */
                                    0x20, 0,    0, 0, 0xff,        0xff,
                                    0xff, 0xff};

static char notes[2000];

static void note(void *listener, const char *text)
{
    (void)listener;
    strncat(notes, text, sizeof notes - strlen(notes) - 1);
    strncat(notes, "\n", sizeof notes - strlen(notes) - 1);
}

static enum tri_status write_over(const char *path)
{
    struct tri_image *image = pictures_noise(2, 2, 1, 8);
    const struct tri_write_options options = {.size = sizeof options, .tell = note};

    notes[0] = '\0';
    const enum tri_status status = tri_image_write(path, image, &options, NULL);
    tri_image_free(image);
    return status;
}

/* An old file that will be replaced. */
static const char *make_file(uid_t user, gid_t group, mode_t mode)
{
    const char *path = pictures_path("kept.png");

    pictures_store(path, "old", 3);
    CU_ASSERT_EQUAL(chown(path, user, group), 0);
    CU_ASSERT_EQUAL(chmod(path, mode), 0);
    return path;
}

static void expect_file(const char *path, uid_t user, gid_t group, mode_t mode)
{
    struct stat status;

    CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
    CU_ASSERT_TRUE(status.st_size > 60); /* the new file */
    CU_ASSERT_EQUAL(status.st_uid, user);
    CU_ASSERT_EQUAL(status.st_gid, group);
    CU_ASSERT_EQUAL(status.st_mode & 07777, mode);
}

static void test_root(void)
{
    static const mode_t modes[] = {0640, 0604, 0600, 06755, 0666};

    if (geteuid() != 0) {
        test_skip("only root gives files away");
        return;
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        const char *path = make_file(USER, GROUP, modes[i]);
        CU_ASSERT_EQUAL(write_over(path), TRI_OK);
        expect_file(path, USER, GROUP, modes[i]);
        CU_ASSERT_STRING_EQUAL(notes, "");
        unlink(path);
    }
}

/* As a user who may write to the file and its folder, but is not the owner: 0 if everything is
 * right. */
static int write_as_nobody(const char *path, bool in_group)
{
    const gid_t group = GROUP;
    struct stat status;

    if (setgroups(in_group ? 1 : 0, &group) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 2;
    if (write_over(path) != TRI_OK || stat(path, &status) != 0 || status.st_uid != NOBODY)
        return 3;
    if (!strstr(notes, "kept.png: the owner has changed from user 12345 to user 65534: Operation "
                       "not permitted\n"))
        return 4;
    if (in_group)
        return status.st_gid == GROUP && (status.st_mode & 07777) == 0664 && !strstr(notes, "group")
                   ? 0
                   : 5;
    return status.st_gid == NOBODY &&
                   (status.st_mode & 07777) == 0644 && /* the group's rights are those of others */
                   strstr(notes, "kept.png: the group has changed from 23456 to 65534, which has "
                                 "the permissions of others: Operation not permitted\n")
               ? 0
               : 6;
}

static void test_without_rights(void)
{
    if (geteuid() != 0) {
        test_skip("only root becomes somebody else");
        return;
    }
    for (int in_group = 0; in_group < 2; in_group++) {
        const char *path = make_file(USER, GROUP, 0664);
        int status = -1;
        CU_ASSERT_EQUAL(chmod(pictures_path(""), 0777), 0);
        /* To allow writing at all: through the group, or an ACL for it. */
        unsigned char named[sizeof acl];
        memcpy(named, acl, sizeof acl);
        named[16] = NOBODY & 0xff;
        named[17] = NOBODY >> 8 & 0xff;
        named[38] = 4;
        if (!in_group && setxattr(path, ACL, named, sizeof named, 0) != 0) {
            test_skip("the file system has no ACLs");
            unlink(path);
            return;
        }
        fflush(NULL);
        const pid_t child = fork();
        if (child == 0)
            _exit(write_as_nobody(path, in_group));
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT_EQUAL(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
        unlink(path);
    }
    CU_ASSERT_EQUAL(chmod(pictures_path(""), 0700), 0);
}

static void test_attributes(void)
{
    const char *path = pictures_path("kept.png");
    char value[100];
    unsigned char got[100];

    pictures_store(path, "old", 3);
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    if (setxattr(path, "user.comment", "by hand", 7, 0) != 0 ||
        setxattr(path, ACL, acl, sizeof acl, 0) != 0) {
        test_skip("the file system has no extended attributes, or no ACLs");
        unlink(path);
        return;
    }
    CU_ASSERT_EQUAL(setxattr(path, "user.empty", "", 0, 0), 0);
    CU_ASSERT_EQUAL(write_over(path), TRI_OK);
    expect_file(path, geteuid(), getegid(), 0660); /* the group's bits are the mask */
    CU_ASSERT_EQUAL(getxattr(path, "user.comment", value, sizeof value), 7);
    CU_ASSERT_EQUAL(memcmp(value, "by hand", 7), 0);
    CU_ASSERT_EQUAL(getxattr(path, "user.empty", value, sizeof value), 0);
    CU_ASSERT_EQUAL(getxattr(path, ACL, got, sizeof got), (ssize_t)sizeof acl);
    CU_ASSERT_EQUAL(memcmp(got, acl, sizeof acl), 0);
    CU_ASSERT_STRING_EQUAL(notes, "");
    unlink(path);
}

/* The default ACL of a folder applies to new files, not to one that had none. */
static void test_default_acl(void)
{
    const char *path = pictures_path("kept.png"), *folder = pictures_path("");
    unsigned char got[100];

    pictures_store(path, "old", 3);
    CU_ASSERT_EQUAL(chmod(path, 0644), 0);
    if (setxattr(folder, "system.posix_acl_default", acl, sizeof acl, 0) != 0) {
        test_skip("the file system has no ACLs");
    } else {
        CU_ASSERT_EQUAL(write_over(path), TRI_OK);
        expect_file(path, geteuid(), getegid(), 0644);
        CU_ASSERT_EQUAL(getxattr(path, ACL, got, sizeof got), -1);
        CU_ASSERT_EQUAL(errno, ENODATA);
        unlink(path);
        CU_ASSERT_EQUAL(write_over(path), TRI_OK); /* and a new one gets it */
        CU_ASSERT_EQUAL(getxattr(path, ACL, got, sizeof got), (ssize_t)sizeof acl);
        CU_ASSERT_EQUAL(removexattr(folder, "system.posix_acl_default"), 0);
    }
    unlink(path);
}

/* A signature of the old content does not apply to the new one. */
static void test_content(void)
{
    const char *path = pictures_path("kept.png");
    static const unsigned char capability[20] = {1, 0, 0,
                                                 2}; /* VFS_CAP_REVISION_2, no rights, effective */
    char got[100];

    pictures_store(path, "old", 3);
    if (setxattr(path, "security.capability", capability, sizeof capability, 0) != 0) {
        test_skip("no right to set file capabilities");
    } else {
        CU_ASSERT_EQUAL(write_over(path), TRI_OK);
        CU_ASSERT_EQUAL(getxattr(path, "security.capability", got, sizeof got), -1);
        CU_ASSERT_STRING_EQUAL(notes, "");
    }
    unlink(path);
}

int test_keep_suite(void)
{
    CU_pSuite suite = CU_add_suite("keep", pictures_enter, pictures_leave);

    return !(suite && CU_add_test(suite, "root keeps owner, group and mode", test_root) &&
             CU_add_test(suite, "without the right there is a note", test_without_rights) &&
             CU_add_test(suite, "attributes and ACL", test_attributes) &&
             CU_add_test(suite, "the default ACL of a folder", test_default_acl) &&
             CU_add_test(suite, "what signs the old content goes", test_content));
}
