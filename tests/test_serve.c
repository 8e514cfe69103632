/* test_serve.c -- triptych serve: what it answers. */
#include "pictures.h"
#include "served.h"
#include "serve/serve.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder with pictures, and one next to it that nobody may see. */
static int begin(void)
{
    if (shell_begin() != 0)
        return 1;
    return shell_run("mkdir -p root/sub secret && cp $ROOT/images/alpha.png root/a.png && $T run "
                     "resize:width=200 $ROOT/images/street.png -o root/b.jpg 2> err && cp "
                     "root/b.jpg 'root/sub/c d.jpg' && cp root/a.png secret/s.png && cp root/a.png "
                     "root/.hidden.png && ln -s ../secret root/out && ln -s ../secret/s.png "
                     "root/out.png && ln -s $PWD/secret/s.png root/absolute.png && ln -s a.png "
                     "root/in.png && echo text > root/t.txt && mkfifo root/pipe.png && printf "
                     "'P6\\n100000 100000\\n255\\n' > root/bomb.ppm && head -c 500 root/b.jpg > "
                     "root/cut.jpg")
               ->code != 0;
}

static bool is_built(const char *format)
{
    return tri_format_find(format) != NULL;
}

/* ---- pictures ---- */

/* The service and the program give the same bytes. */
static void same_as_run(struct response response, const char *media, const char *run)
{
    char command[400];

    CU_ASSERT_EQUAL(response.code, 200);
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Content-Type"), media);
    pictures_store(shell_path("served"), response.data, response.size);
    snprintf(command, sizeof command, "$T run %s 2> err && cmp run.out served", run);
    EXPECT(command, 0, "", "");
    free(response.data);
}

static void test_same_bytes(void)
{
    struct served served;
    struct bytes upload;

    if (!served_start(&served, "--root root"))
        return;
    same_as_run(served_ask(&served, "GET /resize:width=64/b.jpg", ""), "image/jpeg",
                "resize:width=64 root/b.jpg -o run.out --format jpeg");
    same_as_run(served_ask(&served, "GET /gray,sobel/sub/c%20d.jpg?format=png&png-level=small", ""),
                "image/png", "gray,sobel root/b.jpg -o run.out --format png --png-level small");
    same_as_run(served_ask(&served,
                           "GET /text:text=%27a%2c%2F%27:size=9,flip/a.png?format=jpeg&quality="
                           "40&subsampling=444&background=red&strip&interlace",
                           ""),
                "image/jpeg",
                "\"text:text='a,/':size=9,flip\" root/a.png -o run.out --format jpeg --quality 40 "
                "--subsampling 444 --background red --strip --interlace");
    same_as_run(
        served_ask(&served, "GET /resize:width=20/b.jpg?shrink-on-load=fast&format=jpeg", ""),
        "image/jpeg", "resize:width=20 root/b.jpg -o run.out --format jpeg --shrink-on-load fast");
    /* A job that has served a picture has forgotten it. */
    for (int i = 0; i < 3; i++) {
        static const char *const lines[] = {
            "GET /equalize,text:text=ab:size=30/a.png?png-level=small",
            "GET /equalize,text:text=ab:size=30/a.png?png-level=fast",
            "GET /equalize,text:text=ab:size=30/in.png?png-level=fast"};
        same_as_run(served_ask(&served, lines[i], ""), "image/png",
                    i == 0 ? "equalize,text:text=ab:size=30 root/a.png -o run.out --format png "
                             "--png-level small"
                           : "equalize,text:text=ab:size=30 root/a.png -o run.out --format png "
                             "--png-level fast");
    }
    if (is_built("webp"))
        same_as_run(served_ask(&served, "GET /flip/a.png?lossless", "Accept: image/webp\r\n"),
                    "image/webp", "flip root/a.png -o run.out --format webp --lossless");
    upload = pictures_load(shell_path("root/a.png"));
    same_as_run(served_post(&served, "POST /flip?depth=16", "", upload.data, upload.size),
                "image/png", "flip root/a.png -o run.out --format png --depth 16");
    free(upload.data);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    EXPECT("cat serve.err; rm -f served run.out err serve.err", 0, "", "");
}

static void test_formats(void)
{
    const struct tri_format *png = tri_format_find("png"), *jpeg = tri_format_find("jpeg"),
                            *webp = tri_format_find("webp");

#define PREFERRED(header, own) tri_serve_accept(header, own)
    CU_ASSERT_PTR_EQUAL(PREFERRED(NULL, png), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED("*/*", png), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/*", png), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/jpeg", png), jpeg);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/png;q=0.5, IMAGE/JPEG;q=0.6", png), jpeg);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/jpeg;q=0.5,*/*;q=0.4", png), jpeg);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/jpeg;q=0,image/*", jpeg), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/png , image/jpeg", jpeg), jpeg);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/jpeg;a=b;q=0.2,image/png;q=0.1", png), jpeg);
    CU_ASSERT_PTR_EQUAL(PREFERRED("text/html", png), NULL);
    CU_ASSERT_PTR_EQUAL(PREFERRED("", png), NULL);
    CU_ASSERT_PTR_EQUAL(PREFERRED("*/*;q=0", png), NULL);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/png;q=x", png), NULL);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/png;q", png), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED("image/png;q=", png), png);
    CU_ASSERT_PTR_EQUAL(PREFERRED(";;;,,,=", png), NULL);
    if (webp != NULL)
        CU_ASSERT_PTR_EQUAL(PREFERRED("image/webp,image/apng,image/*,*/*;q=0.8", png), webp);
}

static void test_headers(void)
{
    struct served served;
    struct response response;
    char tag[100], header[200], modified[100];

    if (!served_start(&served, "--root root --max-age 60"))
        return;
    response = served_ask(&served, "GET /flip/a.png", "");
    const size_t size = response.size;
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Vary"), "Accept");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Cache-Control"), "public, max-age=60");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "X-Content-Type-Options"), "nosniff");
    snprintf(tag, sizeof tag, "%s", served_header(&response, "ETag"));
    snprintf(modified, sizeof modified, "%s", served_header(&response, "Last-Modified"));
    CU_ASSERT_EQUAL(strlen(tag), 34);
    RESPONSE(response, 200, NULL);
    snprintf(header, sizeof header, "If-None-Match: \"x\", W/%s\r\n", tag);
    response = served_ask(&served, "GET /flip/a.png", header);
    CU_ASSERT_STRING_EQUAL(served_header(&response, "ETag"), tag);
    CU_ASSERT_EQUAL(response.size, 0);
    RESPONSE(response, 304, NULL);
    RESPONSE(served_ask(&served, "GET /flip/a.png", "If-None-Match: *\r\n"), 304, NULL);
    RESPONSE(served_ask(&served, "GET /invert/a.png", header), 200, NULL);
    RESPONSE(served_ask(&served, "GET /flip/a.png?format=jpeg", header), 200, NULL);
    snprintf(header, sizeof header, "If-Modified-Since: %s\r\n", modified);
    RESPONSE(served_ask(&served, "GET /flip/a.png", header), 304, NULL);
    RESPONSE(served_ask(&served, "GET /flip/a.png",
                        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
             200, NULL);
    response = served_ask(&served, "HEAD /flip/a.png", "");
    CU_ASSERT_EQUAL(strtoull(served_header(&response, "Content-Length"), NULL, 10), size);
    CU_ASSERT_STRING_EQUAL(served_header(&response, "ETag"), tag);
    RESPONSE(response, 200, NULL);
    RESPONSE(served_ask(&served, "HEAD /healthz", ""), 200, NULL);
    response = served_ask(&served, "GET /flip/a.png?format=png", "");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Vary"), "");
    RESPONSE(response, 200, NULL);
    /* A file that is written again is another one. */
    EXPECT("touch -d 2001-01-01 root/a.png", 0, "", "");
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", tag);
    RESPONSE(served_ask(&served, "GET /flip/a.png", header), 200, NULL);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void expect_range(const struct served *served, const char *range, int code, size_t first,
                         size_t size, const struct response *whole)
{
    char header[200], told[100];
    struct response response;

    snprintf(header, sizeof header, "Range: %s\r\n", range);
    response = served_ask(served, "GET /flip/b.jpg", header);
    CU_ASSERT_EQUAL(response.code, code);
    CU_ASSERT_EQUAL(response.size, size);
    snprintf(told, sizeof told, "bytes %zu-%zu/%zu", first, first + size - 1, whole->size);
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Content-Range"), code == 206 ? told : "");
    if (response.data != NULL && response.size == size)
        CU_ASSERT_EQUAL(memcmp(response.data, whole->data + first, size), 0);
    free(response.data);
}

static void test_ranges(void)
{
    struct served served;
    struct response whole, response;

    if (!served_start(&served, "--root root"))
        return;
    whole = served_ask(&served, "GET /flip/b.jpg", "");
    const size_t size = whole.size;
    CU_ASSERT_STRING_EQUAL(served_header(&whole, "Accept-Ranges"), "bytes");
    expect_range(&served, "bytes=0-9", 206, 0, 10, &whole);
    expect_range(&served, "bytes=10-", 206, 10, size - 10, &whole);
    expect_range(&served, "bytes=-7", 206, size - 7, 7, &whole);
    expect_range(&served, "bytes=-99999999", 206, 0, size, &whole);
    expect_range(&served, "bytes=5-99999999999999999999999", 206, 5, size - 5, &whole);
    expect_range(&served, "bytes=0-1,4-5", 200, 0, size, &whole);
    expect_range(&served, "bytes=9-3", 200, 0, size, &whole);
    expect_range(&served, "bytes=", 200, 0, size, &whole);
    expect_range(&served, "lines=0-9", 200, 0, size, &whole);
    response = served_ask(&served, "GET /flip/b.jpg", "Range: bytes=99999999-\r\n");
    CU_ASSERT_EQUAL(strncmp(served_header(&response, "Content-Range"), "bytes */", 8), 0);
    RESPONSE(response, 416, NULL);
    RESPONSE(served_ask(&served, "GET /flip/b.jpg", "Range: bytes=-0\r\n"), 416, NULL);
    RESPONSE(served_ask(&served, "GET /flip/b.jpg", "Range: bytes=0-9\r\nIf-Range: \"x\"\r\n"), 200,
             NULL);
    free(whole.data);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* ---- the cache ---- */

static struct tri_serve_answer *answer_of(size_t size)
{
    struct tri_serve_answer *answer = tri_serve_answer_new(200, "%*s", (int)size, "");

    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    return answer;
}

static void add(struct tri_serve_cache *cache, const char *key, size_t size)
{
    struct tri_serve_answer *answer = answer_of(size);

    tri_serve_cache_add(cache, key, answer);
    tri_serve_answer_release(answer);
}

static bool has(struct tri_serve_cache *cache, const char *key, size_t size)
{
    struct tri_serve_answer *answer = tri_serve_cache_find(cache, key);
    const bool right = answer != NULL && answer->size == size;

    tri_serve_answer_release(answer);
    return right;
}

static void test_cache(void)
{
    struct tri_serve_cache *cache = tri_serve_cache_new(100000), *none = tri_serve_cache_new(0);
    char key[20];

    CU_ASSERT_PTR_NOT_NULL_FATAL(cache);
    CU_ASSERT_PTR_NOT_NULL_FATAL(none);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        add(cache, key, 5000 + (size_t)i);
        CU_ASSERT(tri_serve_cache_bytes(cache) <= 100000);
        CU_ASSERT(i < 1 || has(cache, "1", 5001)); /* what is used stays */
    }
    CU_ASSERT(has(cache, "999", 5999));
    CU_ASSERT(!has(cache, "998x", 0));
    CU_ASSERT(!has(cache, "2", 5002));
    CU_ASSERT(tri_serve_cache_count(cache) > 10 && tri_serve_cache_count(cache) < 20);
    add(cache, "large", 20000);
    CU_ASSERT(!has(cache, "large", 20000));
    add(none, "a", 1);
    CU_ASSERT_EQUAL(tri_serve_cache_count(none), 0);
    tri_serve_cache_free(cache);
    tri_serve_cache_free(none);
}

static void test_cached(void)
{
    struct served served;

    if (!served_start(&served, "--root root --access-log log.txt"))
        return;
    for (int i = 0; i < 3; i++)
        RESPONSE(served_ask(&served, "GET /gaussian/b.jpg", ""), 200, NULL);
    RESPONSE(served_ask(&served, "HEAD /gaussian/b.jpg", ""), 200, NULL);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_computations_total"), 1);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_cache_hits_total"), 3);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_cache_entries"), 1);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    EXPECT("grep -c 'GET /gaussian/b.jpg HTTP/1.1\" 200 [0-9]* [0-9.]* cached$' log.txt; grep -c "
           "'^127.0.0.1 - - \\[.*\\] \"[A-Z]* /[^ ]* HTTP/1.1\" [0-9]* [0-9]* [0-9.]* [a-z-]*$' "
           "log.txt; rm log.txt",
           0, "2\n7\n", "");
}

/* ---- refusals ---- */

static void test_refusals(void)
{
    static const struct {
        const char *line;
        int code;
        const char *part;
    } asked[] = {
        {"GET /", 400, "expected /PIPELINE/PATH"},
        {"GET /flip", 404, "expected /PIPELINE/PATH"},
        {"GET /flip/none.png", 404, "no such file"},
        {"GET /flip/sub", 404, "no such file"},
        {"GET /flip/sub/", 404, "no such file"},
        {"GET /flip/a.png/", 404, "no such file"},
        {"GET /flip//a.png", 404, "no such file"},
        {"GET /nosuch/a.png", 400, "unknown kernel 'nosuch'"},
        {"GET /gaussian:sigma=x/a.png", 400, "sigma is 'x'"},
        {"GET /%zz/a.png", 400, "malformed"},
        {"GET /flip%00/a.png", 400, "malformed"},
        {"GET /flip/a.png%00", 400, "malformed"},
        {"GET /flip/a%2", 400, "malformed"},
        {"GET /flip/a.png?quality=101", 400, "1 to 100"},
        {"GET /flip/a.png?format=exe", 400, "a format that was built in"},
        {"GET /flip/a.png?colour=1", 400, "unknown option 'colour'"},
        {"GET /flip/a.png?quality=1&quality=2", 400, "given twice"},
        {"GET /flip/a.png?png-level=", 400, "default|fast|small"},
        {"GET /flip/t.txt", 415, "not known"},
        {"GET /flip/pipe.png", 404, "no such file"},
        {"GET /flip/cut.jpg", 422, "truncated"},
        {"GET /flip/bomb.ppm", 422, "pixels"},
        {"GET /resize:width=100000:height=100000/a.png", 422, "pixels"},
        {"GET /difference/a.png", 400, "frames of a video"},
        {"GET /composite/a.png", 400, "second picture"},
        {"PUT /flip/a.png", 405, "GET, HEAD and POST"},
        {"DELETE /flip/a.png", 405, "GET, HEAD and POST"},
        {"POST /flip/a.png", 400, "no path"},
        {"POST /flip", 415, "not known"},
        {"FOO /flip/a.png", 405, "GET, HEAD and POST"},
    };
    struct served served;
    struct response response;

    if (!served_start(&served, "--root root"))
        return;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        RESPONSE(served_ask(&served, asked[i].line, ""), asked[i].code, asked[i].part);
    RESPONSE(served_ask(&served, "GET /flip/a.png", "Accept: text/html\r\n"), 406, "Accept");
    response = served_ask(&served, "PUT /flip/a.png", "");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Allow"), "GET, HEAD, POST");
    RESPONSE(response, 405, NULL);
    response = served_ask(&served, "GET /nosuch/a.png", "");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Content-Type"), "text/plain; charset=utf-8");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Cache-Control"), "no-store");
    RESPONSE(response, 400, NULL);
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok\n");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    if (served_start(&served, "")) {
        RESPONSE(served_ask(&served, "GET /flip/a.png", ""), 404, "no such file");
        CU_ASSERT_EQUAL(served_stop(&served), 0);
    }
}

/* ---- the root ---- */

static void test_beneath(void)
{
    static const char *const paths[] = {"../secret/s.png",
                                        "%2e%2e/secret/s.png",
                                        "..%2fsecret%2fs.png",
                                        "sub/../../secret/s.png",
                                        "sub/..%2F..%2Fsecret/s.png",
                                        "sub/../a.png",
                                        "./a.png",
                                        "out/s.png",
                                        "out.png",
                                        "absolute.png",
                                        ".hidden.png",
                                        "%2Fetc%2Fpasswd",
                                        "/etc/passwd"};
    struct served served;
    struct tri_error error;
    char line[200];
    int root, fd;

    if (!served_start(&served, "--root root"))
        return;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(line, sizeof line, "GET /flip/%s", paths[i]);
        RESPONSE(served_ask(&served, line, ""), 404, "no such file");
    }
    RESPONSE(served_ask(&served, "GET /flip/in.png", ""), 200, NULL); /* a link within */
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    /* Where the kernel has no openat2. */
    CU_ASSERT_EQUAL_FATAL(tri_serve_root_open(shell_path("root"), &root, &error), TRI_OK);
    fd = tri_serve_walk(root, "sub/c d.jpg");
    CU_ASSERT(fd >= 0);
    close(fd);
    CU_ASSERT_EQUAL(tri_serve_walk(root, "out/s.png"), -1);
    CU_ASSERT_EQUAL(tri_serve_walk(root, "out.png"), -1);
    CU_ASSERT_EQUAL(tri_serve_walk(root, "in.png"), -1);
    CU_ASSERT_EQUAL(tri_serve_walk(root, "sub//c d.jpg"), -1);
    CU_ASSERT_EQUAL(tri_serve_walk(root, ""), -1);
    close(root);
}

/* No pipeline reads or runs a file, and none says whether one is there. */
static void test_no_files(void)
{
    struct served served;

    EXPECT("cp $ROOT/kernels/point/invert.cl root/mine.cl && cp root/mine.cl mine.cl && printf "
           "'LUT_3D_SIZE 2\\n' > x.cube",
           0, "", "");
    if (!served_start(&served, "--root root"))
        return;
    RESPONSE(served_ask(&served, "GET /lut:file=x.cube/a.png", ""), 400, "a URL may not");
    RESPONSE(served_ask(&served, "GET /lut:none.cube/a.png", ""), 400, "a URL may not");
    RESPONSE(served_ask(&served, "GET /lut:%2Fetc%2Fpasswd/a.png", ""), 400, "a URL may not");
    RESPONSE(served_ask(&served, "GET /text:text=a:font=%2Fetc%2Fpasswd/a.png", ""), 400,
             "a URL may not");
    RESPONSE(served_ask(&served, "GET /text:text=a:font=.%2Fx.ttf/a.png", ""), 400,
             "a URL may not");
    RESPONSE(served_ask(&served, "GET /.%2Fmine.cl/a.png", ""), 400, "lets no pipeline name files");
    RESPONSE(served_ask(&served, "GET /mine.cl/a.png", ""), 400, "lets no pipeline name files");
    RESPONSE(served_ask(&served, "GET /mine/a.png", ""), 400, "unknown kernel 'mine'");
    RESPONSE(served_ask(&served, "GET /invert,.%2Fmine.cl/a.png", ""), 400,
             "lets no pipeline name files");
    struct response response = served_ask(&served, "GET /mine/a.png", "");
    CU_ASSERT_PTR_NULL(strstr(response.data != NULL ? (char *)response.data : "", "./mine.cl"));
    free(response.data);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    EXPECT("rm mine.cl root/mine.cl x.cube", 0, "", "");
}

int test_serve_suite(void)
{
    CU_pSuite suite = CU_add_suite("serve", begin, shell_end);

    return suite == NULL || !CU_add_test(suite, "same bytes as run", test_same_bytes) ||
           !CU_add_test(suite, "Accept", test_formats) ||
           !CU_add_test(suite, "headers and conditions", test_headers) ||
           !CU_add_test(suite, "ranges", test_ranges) ||
           !CU_add_test(suite, "least recently used", test_cache) ||
           !CU_add_test(suite, "cached", test_cached) ||
           !CU_add_test(suite, "refusals", test_refusals) ||
           !CU_add_test(suite, "nothing above the root", test_beneath) ||
           !CU_add_test(suite, "no files of pipelines", test_no_files);
}
