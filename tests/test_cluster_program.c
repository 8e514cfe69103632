/* test_cluster_program.c -- triptych cluster under mpirun: the same bytes for any number of ranks.
 */
#include "cluster/cluster.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* mpirun of the MPI that the module was built with; "": there is none. Ranks are not bound to cores
 * and may be more than these; root, who runs tests in containers, may start them. LeakSanitizer is
 * off in ranks: Open MPI does not free all that its plugins allocate, and has unloaded them when
 * leaks are looked for, so no suppression can name them. */
static char mpirun[400];

#define NO_LEAKS "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0"

static const char *const counts[] = {"1", "2", "3", "8"};

static bool is_there(const char *program)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s", program);
    return shell_run(command)->code == 0;
}

static int begin(void)
{
    struct tri_error error;
    const struct tri_cluster_module *module = tri_cluster_load(&error);
    if (shell_begin() != 0)
        return 1;
    mpirun[0] = '\0';
    if (module != NULL && strcmp(module->library, "MPICH") == 0)
        snprintf(mpirun, sizeof mpirun, "timeout 100 env " NO_LEAKS " %s",
                 is_there("mpirun.mpich") ? "mpirun.mpich"
                 : is_there("mpirun")     ? "mpirun"
                                          : "");
    else if (module != NULL && (is_there("mpirun.openmpi") || is_there("mpirun")))
        snprintf(mpirun, sizeof mpirun,
                 "timeout 100 env " NO_LEAKS " OMPI_ALLOW_RUN_AS_ROOT=1 "
                 "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 %s --oversubscribe --bind-to none",
                 is_there("mpirun.openmpi") ? "mpirun.openmpi" : "mpirun");
    return shell_run(
               "$T run resize:width=700:height=900 $ROOT/images/street.png -o big.ppm && $T "
               "run gray big.ppm -o big.pgm && $T run invert big.ppm -o big.tif && mkdir in && "
               "for i in 1 2 3 4 5 6 7; do $T run resize:width=${i}0 big.ppm -o in/$i.png || "
               "exit 1; done")
               ->code != 0;
}

static bool lacks_mpi(void)
{
    struct tri_error error;
    if (mpirun[0] != '\0')
        return false;
    test_skip(tri_cluster_load(&error) == NULL ? error.text : "there is no mpirun");
    return true;
}

/* "mpirun -n RANKS triptych cluster REST" and what follows; the messages of mpirun itself go to a
 * file. */
static int run_ranks(const char *ranks, const char *rest, const char *then)
{
    char command[2000];
    snprintf(command, sizeof command, "%s -n %s $T cluster %s 2> err && %s", mpirun, ranks, rest,
             then);
    const int code = shell_run(command)->code;
    if (code != 0)
        fprintf(stderr, "%s\n%s\n", command, shell_run("cat err")->out);
    return code;
}

static void same_for_all(const char *rest, const char *then)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        CU_ASSERT_EQUAL(run_ranks(counts[i], rest, then), 0);
}

/* ---- the three kinds of work ---- */

static void test_pictures(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(shell_run("$T run gaussian:sigma=1,sobel in -o run/")->code, 0);
    same_for_all("gaussian:sigma=1,sobel in -o out/", "diff -r run out && rm -r out");
    CU_ASSERT_EQUAL(run_ranks("3", "gaussian:sigma=1,sobel in/1.png -o out-%02d.png",
                              "cmp out-01.png run/1.png && rm out-01.png"),
                    0);
}

static void test_large(void)
{
    static const char *const pipelines[] = {"gaussian:sigma=2,sobel", "equalize",
                                            "gray,gaussian:sigma=1,equalize,median",
                                            "median,normalize:low=0:high=100,equalize"};
    char command[400];
    if (lacks_mpi())
        return;
    for (int i = 0; i < 4; i++) {
        snprintf(command, sizeof command, "$T run %s big.ppm -o run.pam", pipelines[i]);
        CU_ASSERT_EQUAL(shell_run(command)->code, 0);
        snprintf(command, sizeof command, "%s big.ppm -o out.pam", pipelines[i]);
        same_for_all(command, "cmp run.pam out.pam && rm out.pam && test ! -e out.pam.part && "
                              "test ! -e out.pam.parts");
    }
}

/* Strips and tiles, interleaved and planes apart, classic and BigTIFF; 16 bits in PNM. */
static void test_large_files(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(shell_run("$T run equalize big.tif -o run.pam")->code, 0);
    CU_ASSERT_EQUAL(run_ranks("3", "equalize big.tif -o out.pam", "cmp run.pam out.pam"), 0);
    same_for_all("equalize big.tif -o out.tif --rows 50",
                 "$T run copy out.tif -o out.pam && cmp run.pam out.pam");
    if (!is_there("tiffcp"))
        return;
    CU_ASSERT_EQUAL(shell_run("tiffcp -t -w 64 -l 48 big.tif tiles.tif && tiffcp -8 -c lzw -r 7 "
                              "big.tif strips.tif && tiffcp -p separate -t -w 128 -l 16 big.tif "
                              "apart.tif && tiffcp -p separate big.tif planes.tif")
                        ->code,
                    0);
    static const char *const kinds[] = {"tiles", "strips", "apart", "planes"};
    for (int i = 0; i < 4; i++) {
        char rest[100];
        snprintf(rest, sizeof rest, "equalize %s.tif -o out.pam", kinds[i]);
        CU_ASSERT_EQUAL(run_ranks("3", rest, "cmp run.pam out.pam"), 0);
    }
}

static void test_depth_16(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(shell_run("python3 -c \"import random,sys\nrandom.seed(1)\n"
                              "sys.stdout.buffer.write(b'P5\\n300 200\\n65535\\n' + "
                              "random.randbytes(120000))\" > deep.pgm && $T run "
                              "median,equalize deep.pgm -o run.pgm")
                        ->code,
                    0);
    same_for_all("median,equalize deep.pgm -o out.pgm", "cmp run.pgm out.pgm");
}

static void test_clip(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(shell_run("$T run resize:width=64:height=48 $ROOT/images/street.png -o s.ppm "
                              "&& for i in 01 02 03 04 05 06 07 08 09 10 11; do $T run "
                              "box:radius=${i#0} s.ppm -o f-$i.png || exit 1; done && $T run copy "
                              "f-%02d.png -o clip.y4m && $T run gaussian:sigma=2,sobel clip.y4m "
                              "-o run.y4m")
                        ->code,
                    0);
    same_for_all("gaussian:sigma=2,sobel clip.y4m -o out.y4m", "cmp run.y4m out.y4m");
    CU_ASSERT_EQUAL(run_ranks("3", "gaussian:sigma=2,sobel clip.y4m -o g-%02d.png",
                              "test $(ls g-*.png | wc -l) = 11 && $T run copy g-%02d.png -o g.y4m"),
                    0);
}

/* ---- what is refused, and what is kept ---- */

static void test_messages(void)
{
    struct tri_error error;
    if (tri_cluster_load(&error) == NULL)
        EXPECT("env -u PMI_RANK $T cluster sobel in -o out/", 1, "",
               "triptych: this triptych was built without MPI; *\n");
    if (lacks_mpi())
        return;
    EXPECT("$T cluster sobel in -o out/", 2, "",
           "triptych: cluster: it is started by mpirun, as one process for each rank: mpirun -n 4 "
           "triptych cluster *\n");
    EXPECT("$T cluster sobel in", 2, "", "triptych: cluster: no output given; add -o OUTPUT*\n");
}

/* Said once, by the first rank. */
static void refuse(const char *rest, int code, const char *text)
{
    char command[1000];
    snprintf(command, sizeof command,
             "%s -n 3 $T cluster %s > all 2>&1; code=$?; grep -c '^triptych: %s' all; exit $code",
             mpirun, rest, text);
    EXPECT(command, code, "1\n", "");
}

static void test_refusals(void)
{
    if (lacks_mpi())
        return;
    refuse("rotate:angle=3 big.ppm -o out.ppm", 2, ".rotate:angle=3. cannot be computed in parts");
    refuse("nosuch in -o out/", 2, "unknown kernel .nosuch.");
    refuse("sobel missing.ppm -o out.ppm", 1, "cannot read missing.ppm");
    refuse("sobel in -o one.png", 2, "cluster: 7 inputs cannot all be written");
    CU_ASSERT_EQUAL(shell_run("head -c 5000 big.pgm > cut.pgm")->code, 0);
    refuse("sobel cut.pgm -o out.pgm", 1, "cannot read cut.pgm: the file is truncated");
    refuse("temporal_median clip.y4m -o out.y4m", 2, ".temporal_median. looks at other frames");
    refuse("sobel clip.y4m -o out.png", 2, "cluster: .clip.y4m. is a clip, but .out.png. is not");
    refuse("sobel big.ppm -o big.ppm", 2, ".*big.ppm");
    CU_ASSERT_EQUAL(shell_run("test ! -e out.ppm.part && test ! -e out.pgm.part")->code, 0);
    /* The others are done. */
    CU_ASSERT_EQUAL(shell_run("cp -r in some && echo damage > some/3.png")->code, 0);
    refuse("sobel some -o done/", 1, "1 of 7 files failed");
    CU_ASSERT_EQUAL(shell_run("test $(ls done | wc -l) = 6")->code, 0);
}

static void test_resume_pictures(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(run_ranks("2", "sobel in -o again/",
                              "rm again/2.png again/5.png && touch -d "
                              "'1 hour' again/1.png"),
                    0);
    CU_ASSERT_EQUAL(run_ranks("3", "sobel in -o again/ --resume -v", "grep -q '5 kept' err"), 0);
    CU_ASSERT_EQUAL(shell_run("test $(ls again | wc -l) = 7")->code, 0);
}

/* A rank that dies takes the run with it, and leaves the parts that are written. */
static void test_resume_large(void)
{
    char command[1500];
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(shell_run("$T run resize:width=1500:height=2000 big.ppm -o tall.ppm && $T run "
                              "median:radius=3,gaussian:sigma=5,median:radius=3 tall.ppm -o "
                              "run.pam && printf '#!/bin/sh\necho $$ > "
                              "pid-${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\nexec \"$@\"\n' > ranked && "
                              "chmod +x ranked")
                        ->code,
                    0);
    snprintf(
        command, sizeof command,
        "%s -n 3 ./ranked $T cluster median:radius=3,gaussian:sigma=5,median:radius=3 "
        "tall.ppm -o killed.pam --rows 2 > all 2>&1 & "
        "job=$!; for i in $(seq 3000); do test -s killed.pam.parts && test $(wc -l < "
        "killed.pam.parts) -gt 5 && break; sleep 0.01; done; kill -KILL $(cat pid-1); wait $job; "
        "test $? -ne 0 && test -e killed.pam.part && test ! -e killed.pam",
        mpirun);
    EXPECT(command, 0, "", "*");
    CU_ASSERT_EQUAL(
        run_ranks(
            "2",
            "median:radius=3,gaussian:sigma=5,median:radius=3 tall.ppm -o killed.pam --rows 2 "
            "--resume -v",
            "cmp run.pam killed.pam && test ! -e killed.pam.part && ! grep -q ' 0 kept' "
            "err"),
        0);
    /* What an earlier run did of something else is no part of it. */
    CU_ASSERT_EQUAL(
        shell_run("cp tall.ppm killed.pam.part && echo other > killed.pam.parts && echo 1 >> "
                  "killed.pam.parts")
            ->code,
        0);
    CU_ASSERT_EQUAL(run_ranks("2",
                              "median:radius=3,gaussian:sigma=5,median:radius=3 tall.ppm -o "
                              "killed.pam --rows 2 --resume -v",
                              "grep -q ' 0 kept' err && cmp run.pam killed.pam"),
                    0);
}

/* ---- triptych learn ---- */

/* One process, then ranks: the same result, of which the JSON has all digits, and as many errors.
 */
static void learns(const char *what, const char *rest)
{
    char command[2000];
    snprintf(command, sizeof command, "$T learn %s -q --json alone.json", rest);
    CU_ASSERT_EQUAL(shell_run(command)->code, 0);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        snprintf(command, sizeof command,
                 "%s -n %s $T learn --mpi %s --json ranks.json 2> err && cmp alone.json ranks.json "
                 "&& grep -c '^triptych: on blocks kept for checks' err",
                 mpirun, counts[i], rest);
        EXPECT(command, 0, what, "");
    }
}

static void test_learn(void)
{
    if (lacks_mpi())
        return;
    CU_ASSERT_EQUAL(
        shell_run("cp -r in before && $T run 'convolve:1 -2 3/2 4 2/1 2 1' before -o after/ && $T "
                  "run matrix:rr=.6:rg=.3:gg=.7:gb=.2:br=.15:bb=.8,levels:gamma=1.3 before -o "
                  "toned/ && cp -r after odd && cp odd/2.png odd/3.png")
            ->code,
        0);
    learns("convolve:matrix=1 -2 3 / 2 4 2 / 1 2 1:divisor=14\n1\n", "before after");
    learns("*,curves:*\n1\n", "before toned --colors");
    char command[1000];
    snprintf(command, sizeof command,
             "%s -n 3 $T learn --mpi before odd > all 2>&1; code=$?; grep -c '^triptych: rank 2: "
             "learn: before/3.png and odd/3.png: the pictures have different sizes' all; exit "
             "$code",
             mpirun);
    EXPECT(command, 2, "1\n", "");
    snprintf(command, sizeof command,
             "%s -n 2 sh -c 'if [ ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} = 1 ]; then set -- --mpi "
             "after before; else set -- --mpi before after; fi; exec $T learn \"$@\"' > all 2>&1; "
             "code=$?; grep -c '^triptych: learn: ranks see different pictures' all; exit $code",
             mpirun);
    EXPECT(command, 1, "1\n", "");
    snprintf(command, sizeof command,
             "%s -n 3 $T learn before after > all 2>&1; code=$?; grep -c '^triptych: learn: mpirun "
             "has started 3 processes' all; exit $code",
             mpirun);
    EXPECT(command, 2, "1\n", "");
    EXPECT("$T learn --mpi before after", 2, "",
           "triptych: learn: it is started by mpirun, as one process for each rank: mpirun -n 4 "
           "triptych learn --mpi *\n");
}

/* ---- several hosts ---- */

static void test_hosts(void)
{
    const struct tri_cluster_module *module;
    char command[200], why[300] = "";
    if (lacks_mpi() || (module = tri_cluster_load(NULL)) == NULL)
        return;
    snprintf(command, sizeof command, NO_LEAKS " sh $ROOT/tests/cluster_hosts.sh $T hosts %s 2>&1",
             strcmp(module->library, "MPICH") == 0 ? "mpich" : "openmpi");
    const struct shell_result *result = shell_run(command);
    if (result->code == 77) {
        snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1, result->out);
        why[strcspn(why, "\n")] = '\0';
        test_skip(why);
        return;
    }
    CU_ASSERT_EQUAL(result->code, 0);
    if (result->code != 0)
        fprintf(stderr, "%s\n", result->out);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->out, "four hosts: same bytes"));
}

/* ---- memory ---- */

/* 60,000 x 60,000 samples, of which only the last rows are not zero, so the file takes no room. */
static void test_huge(void)
{
    const char *tests = getenv("TRIPTYCH_TESTS");
    if (lacks_mpi())
        return;
    if (tests == NULL || strcmp(tests, "full") != 0) {
        test_skip("it writes 3.6 GB; TRIPTYCH_TESTS=full");
        return;
    }
    CU_ASSERT_EQUAL(
        shell_run("python3 -c \"import random\nw=60000\nr=random.Random(1).randbytes(w*40)\n"
                  "f=open('huge.pgm','wb')\nf.write(b'P5\\n60000 60000\\n255\\n')\n"
                  "f.seek(w*59960,1)\nf.write(r)\nopen('tail.pgm','wb').write(b'P5\\n60000 "
                  "80\\n255\\n'+bytes(w*40)+r)\" && $T run gaussian:sigma=2 tail.pgm -o run.pgm && "
                  "cat > measured <<'END'\n#!/bin/sh\npython3 - \"$@\" <<'PY'\n"
                  "import os,resource,subprocess,sys\ncode=subprocess.call(sys.argv[1:])\n"
                  "most=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
                  "open('memory-%d'%os.getpid(),'w').write(str(most))\nsys.exit(code)\nPY\nEND\n"
                  "chmod +x measured")
            ->code,
        0);
    char command[1000];
    snprintf(
        command, sizeof command,
        "%s -n 2 ./measured $T cluster gaussian:sigma=2 huge.pgm -o out.pgm > err 2>&1 && tail "
        "-c 3600000 out.pgm > a && tail -c 3600000 run.pgm > b && cmp a b && rm out.pgm "
        "huge.pgm && for f in memory-*; do test $(cat $f) -lt 500000 || exit 9; done; ls "
        "memory-* | wc -l",
        mpirun);
    EXPECT(command, 0, "2\n", "");
}

int test_cluster_program_suite(void)
{
    CU_pSuite suite = CU_add_suite("cluster_program", begin, shell_end);
    return !(suite && CU_add_test(suite, "pictures", test_pictures) &&
             CU_add_test(suite, "one picture", test_large) &&
             CU_add_test(suite, "TIFF by rows", test_large_files) &&
             CU_add_test(suite, "16 bits", test_depth_16) &&
             CU_add_test(suite, "clip", test_clip) &&
             CU_add_test(suite, "without mpirun", test_messages) &&
             CU_add_test(suite, "refused", test_refusals) &&
             CU_add_test(suite, "pictures again", test_resume_pictures) &&
             CU_add_test(suite, "parts again, after a rank died", test_resume_large) &&
             CU_add_test(suite, "learning", test_learn) &&
             CU_add_test(suite, "four hosts", test_hosts) &&
             CU_add_test(suite, "60,000 x 60,000", test_huge));
}
