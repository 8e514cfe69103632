/* test_kernel_files.c -- kernel files that the program compiles itself: run, cached, refused,
 * checked; `new`; folders of kernels. */
#include "pipeline/cut.h"
#include "pipeline/own.h"
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_compiler, has_clang, has_gcc, has_device;

/* The folder has a cache of its own. */
static int begin(void)
{
    const struct tri_shape shape = {70, 20, 3, 8};
    struct tri_image *image;
    if (shell_begin() || tri_image_new(&shape, &image, NULL) != TRI_OK)
        return 1;
    for (int y = 0; y < shape.planes * shape.height; y++)
        for (int x = 0; x < shape.width; x++)
            ((uint8_t *)tri_image_row(image, y / shape.height, y % shape.height))[x] =
                (uint8_t)(x * 5 + y * 11);
    const enum tri_status status = tri_image_write(shell_path("a.png"), image, NULL, NULL);
    tri_image_free(image);
    setenv("TRIPTYCH_CACHE_DIR", shell_path("kept"), 1);
    has_clang = shell_run("command -v clang")->code == 0;
    has_gcc = shell_run("command -v gcc")->code == 0;
    has_compiler = has_clang || has_gcc;
    has_device =
        shell_run("$T run invert a.png -o b.png --on opencl && rm b.png && rm -r kept")->code == 0;
    return status != TRI_OK;
}

static int end(void)
{
    unsetenv("TRIPTYCH_CACHE_DIR");
    return shell_end();
}

static bool skip(void)
{
    if (!has_compiler)
        test_skip("there is no compiler for kernel files");
    return !has_compiler;
}

/* Writes a kernel of one pass; `known` is what its known answer says for 5. */
static void write_kernel(const char *name, const char *body, const char *node, int known)
{
    char file[64];
    snprintf(file, sizeof file, "%s.cl", name);
    FILE *to = fopen(shell_path(file), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    fprintf(to,
            "#include \"kernel.h\"\n"
            "PASS(%s, S, S)\n"
            "{\n"
            "    %s\n"
            "}\n"
            "#ifdef HOST\n"
            "KERNEL(%s, tri_alpha_kept, \"a test\", \"Help.\", \"%s\",\n"
            "       PARAM_INT(amount, 3, 0, 7, \"unused\"))\n"
            "ALIASES(%s, NO_ALIASES)\n"
            "KNOWN(%s, \"%s\", PICTURE(1, 1, 1, 5), PICTURE(1, 1, 1, %d))\n"
            "GRAPH_PLANE(%s)\n"
            "{\n"
            "    return NODE(%s, .in = {in}%s);\n"
            "}\n"
            "#endif\n",
            name, body, name, name, name, name, name, known, name, name, node);
    CU_ASSERT(fclose(to) == 0);
}

#define INVERT "PUT(~AT(0, 0));"

static void expect_inverted(void)
{
    EXPECT("cmp b.png right.png && rm b.png", 0, "", "");
}

/* ---- running ---- */

static void test_run(void)
{
    if (skip())
        return;
    write_kernel("mine", INVERT, "", 250);
    EXPECT("$T run invert a.png -o right.png", 0, "", "");
    EXPECT("$T run ./mine.cl a.png -o b.png", 0, "", has_clang ? "" : "triptych: note: *");
    expect_inverted();
    EXPECT("$T run mine.cl:amount=2 a.png -o b.png", 0, "", has_clang ? "" : "*");
    expect_inverted();
    EXPECT("$T run \"invert, $PWD/mine.cl : amount=1 ,invert\" a.png -o b.png", 0, "",
           has_clang ? "" : "*");
    expect_inverted();
    EXPECT("$T verify ./mine.cl a.png", 0, "* 0 differ\n", has_clang ? "" : "*");
    EXPECT("$T run mine a.png -o b.png", 2, "",
           "triptych: unknown kernel 'mine': did you mean './mine.cl'?\n");
    EXPECT("$T run ./mine.cl:amount=8 a.png -o b.png", 2, "",
           "*mine: amount is 8; expected 0 to 7\n");
    EXPECT("$T run ./mine.cl:amuont=1 a.png -o b.png", 2, "",
           "*mine has no parameter 'amuont': did you mean 'amount'?\n");
    EXPECT("$T kernels ./mine.cl", 0,
           "mine (./mine.cl): a test\n\nExample:\n  triptych run ./mine.cl in.png*amount*Help.\n",
           "*");
    EXPECT("$T kernels ./mine.cl --json | grep -c '\"name\": \"mine\"'", 0, "1\n", "*");
    EXPECT("$T bench ./mine.cl a.png --time 0.01 --on sequential --json b.json && grep -c "
           "'./mine.cl' b.json; rm b.json",
           0, "*", "*");
}

/* A gather of three outputs, each the plane before it, mirrored: three of them only mirror. */
static void expect_planes(void)
{
    FILE *to = fopen(shell_path("planes.cl"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    fputs("#include \"kernel.h\"\n"
          "GATHER_PLANES(planes, S, S)\n"
          "{\n"
          "    for (int i = 0; i < LANES; i++) {\n"
          "        const int x = (int)place_inside(IN_WIDTH - 1 - X - i, IN_WIDTH);\n"
          "        EACH_OUTPUT(p)\n"
          "            OUTPUT(p)[i] = SAMPLE_INPUT((p + 2) % 3, x, Y);\n"
          "    }\n"
          "}\n"
          "#ifdef HOST\n"
          "KERNEL(planes, tri_alpha_kept, \"a test\", \"Help.\", \"planes\",\n"
          "       PARAM_INT(amount, 3, 0, 7, \"unused\"))\n"
          "ALIASES(planes, NO_ALIASES)\n"
          "KNOWN(planes, \"planes\", PICTURE(2, 1, 3, 1, 2, 3, 4, 5, 6),\n"
          "      PICTURE(2, 1, 3, 6, 5, 2, 1, 4, 3))\n"
          "GRAPH(planes)\n"
          "{\n"
          "    const int gray = in.planes == 1;\n"
          "    const int first = NODE(planes, .in = {in.channel[0], in.channel[gray ? 0 : 1],\n"
          "                                          in.channel[gray ? 0 : 2]},\n"
          "                           .outputs = 3, .whole = true, .block = PLANES_ROWS);\n"
          "    return (struct tri_value){3, {first, first + 1, first + 2}};\n"
          "}\n"
          "#endif\n",
          to);
    CU_ASSERT(fclose(to) == 0);
    EXPECT("$T verify ./planes.cl a.png", 0, "* 0 differ\n", "");
    EXPECT("$T run ./planes.cl,./planes.cl,./planes.cl a.png -o b.png -q && "
           "$T run flip:axis=horizontal a.png -o right.png -q && cmp b.png right.png; "
           "rm -f b.png right.png",
           0, "", "");
}

/* Kernels that use parts of the dialect which most do not. */
static void test_dialect(void)
{
    if (skip())
        return;
    EXPECT("for kernel in tone/clahe window/nlmeans geometry/undistort; do name=${kernel##*/}; "
           "cp \"$ROOT/kernels/$kernel.cl\" . && $T run $name a.png -o right.png -q && "
           "$T run ./$name.cl a.png -o b.png -q && cmp b.png right.png || echo $kernel; "
           "rm -f b.png right.png $name.cl; done",
           0, "", "");
    expect_planes();
    write_kernel("table", "PUT(TO_S(TABLE_AT(CONSTANTS(uint), U32(AT(0, 0)) & ALL(u32, 7))));",
                 ", .constants = (const uint[8]){[5] = 77}, .constants_size = 32", 77);
    EXPECT("$T verify ./table.cl a.png", 0, "* 0 differ\n", "");
}

static void test_video(void)
{
    if (skip())
        return;
    write_kernel("lighter", "PUT(MAX(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));", "", 5);
    EXPECT("sed -i 's/{in}/{in, tri_graph_previous(graph, in, 1)}/' lighter.cl && printf "
           "'YUV4MPEG2 W2 H1 F25:1 Cmono\\nFRAME\\n\\001\\011FRAME\\n\\005\\002' > a.y4m && $T run "
           "./lighter.cl a.y4m -o b.y4m && tail -c 2 b.y4m | od -An -tu1; rm a.y4m b.y4m",
           0, "*5*9\n", "*");
}

static void test_opencl(void)
{
    if (skip())
        return;
    if (!has_device) {
        test_skip("there is no OpenCL device");
        return;
    }
    write_kernel("mine", INVERT, "", 250);
    EXPECT("$T run invert a.png -o right.png; for form in lanes tiles; do "
           "TRIPTYCH_OPENCL_DIALECT=$form $T run ./mine.cl a.png -o b.png --on opencl && cmp b.png "
           "right.png || exit 1; done; rm b.png",
           0, "", "*");
    /* A changed copy next to its original: their passes have the same names. */
    EXPECT(
        "cp $ROOT/kernels/window/gaussian.cl gaussian.cl && $T run gaussian,gaussian:sigma=2 "
        "a.png -o c.png && for form in lanes tiles; do TRIPTYCH_OPENCL_DIALECT=$form $T run "
        "gaussian,./gaussian.cl:sigma=2 a.png -o b.png --on opencl && cmp b.png c.png || exit 1; "
        "done; rm b.png c.png gaussian.cl",
        0, "", "*");
}

/* Kernels that use passes of others, windows, histograms and gathers. */
static void test_copies(void)
{
    if (skip())
        return;
    EXPECT(
        "for kernel in gaussian equalize copy flip rotate sobel; do "
        "cp $ROOT/kernels/*/$kernel.cl own_$kernel.cl && $T run ./own_$kernel.cl a.png -o b.png "
        "&& $T run $kernel a.png -o c.png && cmp b.png c.png || exit 1; rm own_$kernel.cl; done; "
        "rm b.png c.png",
        0, "", "*");
}

/* ---- the cache ---- */

static void test_cache(void)
{
    if (skip())
        return;
    write_kernel("kept", INVERT, "", 250);
    EXPECT("$T run invert a.png -o right.png; rm -rf kept; $T run ./kept.cl a.png -o b.png && ls "
           "kept/kernels | wc -l",
           0, "1\n", "*");
    /* Nothing is compiled again: the compiler's options are all that is seen of it. */
    EXPECT("stat -c %i kept/kernels/* > old; $T run ./kept.cl a.png -o b.png; stat -c %i "
           "kept/kernels/* | cmp - old",
           0, "", "*");
    expect_inverted();
    EXPECT(
        "sed -i 's/PUT(~AT/PUT(AT/' kept.cl; $T run ./kept.cl a.png -o b.png && cmp a.png b.png; "
        "$T run copy a.png -o c.png; cmp b.png c.png && ls kept/kernels | wc -l",
        0, "*2\n", "*");
    EXPECT(
        "for f in kept/kernels/*; do printf x | dd of=$f bs=1 seek=3000 conv=notrunc 2>/dev/null; "
        "done; $T run ./kept.cl a.png -o b.png && cmp b.png c.png && : > $f && $T run ./kept.cl "
        "a.png -o b.png && cmp b.png c.png && rm b.png c.png",
        0, "", "*");
    EXPECT("rm -r kept; TRIPTYCH_CACHE_SIZE=0 $T run ./kept.cl a.png -o b.png && test ! -e "
           "kept/kernels && rm b.png",
           0, "", "*");
}

static void test_at_once(void)
{
    if (skip())
        return;
    write_kernel("mine", INVERT, "", 250);
    EXPECT(
        "$T run invert a.png -o right.png; rm -rf kept; for i in 1 2 3 4; do $T run ./mine.cl "
        "a.png -o b$i.png 2>/dev/null & done; wait; for i in 1 2 3 4; do cmp b$i.png right.png || "
        "exit 1; done; rm b?.png; ls -A kept/kernels | wc -l",
        0, "1\n", "");
}

/* ---- what is refused ---- */

static void test_errors(void)
{
    if (skip())
        return;
    write_kernel("bad", "PUT(nothing);", "", 5);
    EXPECT("$T run ./bad.cl a.png -o b.png", 2, "",
           "*triptych: ./bad.cl does not compile:\n*./bad.cl:4:*error:*nothing*");
    write_kernel("bad", "PUT(nothing(AT(0, 0)));", "", 5);
    EXPECT("$T run ./bad.cl a.png -o b.png", 2, "", "*./bad.cl:4:*nothing*");
    write_kernel("bad", INVERT, ", .hihg = 1", 5);
    EXPECT("$T kernels ./bad.cl", 2, "", "*./bad.cl:13:*hihg*");
    write_kernel("bad", INVERT, "", 5);
    EXPECT("sed -i '1a#include \"other.h\"' bad.cl; $T verify ./bad.cl", 2, "",
           "*./bad.cl:2: a kernel file is one text*");
    EXPECT("echo 'int a;' > bad.cl; $T run ./bad.cl a.png -o b.png", 2, "",
           "*./bad.cl: the line #include \"kernel.h\" is missing*");
    EXPECT("echo '#include \"kernel.h\"' > bad.cl; $T run ./bad.cl a.png -o b.png", 2, "",
           "*./bad.cl has no kernel: *");
    write_kernel("bad", INVERT, "", 5);
    EXPECT("sed -i 's/return NODE/extern int absent(void); absent(); return NODE/' bad.cl; $T run "
           "./bad.cl a.png -o b.png",
           2, "", "*cannot load ./bad.cl: undefined symbol: absent*");
    EXPECT("sed -i 's/extern.*absent(); //; 1aUSES(absent)' bad.cl; $T run ./bad.cl a.png -o b.png",
           2, "", "*USES(absent)*");
    EXPECT("printf 'a\\0b' > bad.cl; $T run ./bad.cl a.png -o b.png", 2, "", "*it is not text\n");
    EXPECT("rm bad.cl; $T run ./bad.cl a.png -o b.png", 1, "",
           "triptych: cannot read the kernel file ./bad.cl: No such file or directory\n");
    EXPECT("mkdir bad.cl; $T run ./bad.cl a.png -o b.png; rmdir bad.cl", 0, "",
           "triptych: cannot read the kernel file ./bad.cl: Is a directory\n");
    EXPECT("$T run ./a.png -o b.png", 2, "", "*'./a.png' is a file; the pipeline comes first*");
    EXPECT("test ! -e b.png", 0, "", "");
}

static void test_compilers(void)
{
    if (skip())
        return;
    write_kernel("mine", INVERT, "", 250);
    EXPECT("PATH=/nowhere $T run ./mine.cl a.png -o b.png", 1, "",
           "triptych: cannot compile ./mine.cl: no compiler is in PATH: install clang (apt-get "
           "install clang), or name one in TRIPTYCH_CC\n");
    EXPECT("PATH= $T run ./mine.cl a.png -o b.png", 1, "", "*no compiler is in PATH*");
    EXPECT("TRIPTYCH_CC=nocc $T run ./mine.cl a.png -o b.png", 1, "",
           "*there is no program 'nocc' to compile with, which TRIPTYCH_CC names\n");
    EXPECT("TRIPTYCH_CC=/bin/false $T run ./mine.cl a.png -o b.png", 1, "",
           "*./mine.cl: the compiler /bin/false failed\n");
    if (has_gcc)
        EXPECT("$T run invert a.png -o right.png; TRIPTYCH_CC=gcc $T run ./mine.cl a.png -o b.png "
               "&& cmp b.png right.png && rm b.png",
               0, "", "triptych: note: ./mine.cl is compiled by *gcc, one sample at a time*");
    if (has_gcc)
        EXPECT("TRIPTYCH_CC=gcc $T verify ./mine.cl --on sequential", 0, "*kept\n* 0 differ\n",
               "*");
}

/* ---- names ---- */

static void test_names(void)
{
    if (skip())
        return;
    /* A name without a slash or ".cl" is never a file's while something is built in. */
    write_kernel("invert", "PUT(AT(0, 0));", "", 5);
    EXPECT("$T run copy a.png -o c.png; mkdir folder; cp invert.cl folder; export "
           "TRIPTYCH_KERNELS=folder; $T run invert a.png -o b.png && cmp b.png right.png && $T run "
           "./invert.cl a.png -o b.png && cmp b.png c.png && rm b.png c.png; $T kernels | grep -c "
           "'folder/invert'; rm -r folder invert.cl",
           0, "0\n", "");
}

static void test_folders(void)
{
    if (skip())
        return;
    write_kernel("special", INVERT, "", 250);
    EXPECT(
        "mkdir folder empty; mv special.cl folder; cp folder/special.cl folder/.hidden.cl; $T run "
        "special a.png -o b.png",
        2, "", "triptych: unknown kernel 'special': *");
    EXPECT("$T run invert a.png -o right.png; TRIPTYCH_KERNELS=empty::folder $T run "
           "special:amount=1 a.png -o b.png",
           0, "", "*");
    expect_inverted();
    EXPECT(
        "echo broken > folder/broken.cl; TRIPTYCH_KERNELS=empty:folder $T kernels", 0,
        "*files in TRIPTYCH_KERNELS\n  broken  cannot be used: folder/broken.cl: *\n  special  a "
        "test (folder/special.cl)\n*",
        "*");
    EXPECT("TRIPTYCH_KERNELS=folder $T kernels special", 0, "special (folder/special.cl): *", "*");
    EXPECT("TRIPTYCH_KERNELS=nowhere $T kernels | grep -c special", 1, "0\n",
           "triptych: note: TRIPTYCH_KERNELS: cannot read the folder nowhere: *");
    EXPECT("rm -r folder empty", 0, "", "");
}

/* ---- new ---- */

static void try_class(const char *class, const char *change)
{
    char command[600];
    snprintf(command, sizeof command,
             "$T new start --class %s >&2 && $T run ./start.cl a.png -o b.png", class);
    EXPECT(command, 0, "", "*");
    EXPECT("$T verify ./start.cl --on sequential", 3, "*BROKEN: start: its known answer says *",
           "*");
    snprintf(command, sizeof command,
             "sed -i '%s' start.cl && $T verify ./start.cl --on sequential; code=$?; rm start.cl "
             "b.png; exit $code",
             change);
    EXPECT(command, 0, "*kept\n* 0 differ\n", "*");
}

static void test_new(void)
{
    EXPECT("$T new start", 0, "start.cl is written. Next:\n*./start.cl*", "");
    EXPECT("cp start.cl old; $T new start; cmp start.cl old && rm start.cl old", 0, "",
           "triptych: new: cannot write start.cl: it exists; *");
    EXPECT(
        "$T new Start; $T new 3d; $T new a-b; $T new ''; $T new a b; $T new; ls *.cl 2>&1 | grep "
        "-ci start",
        1, "0\n", "*is no name*is no name*is no name*is no name*expected one name*");
    EXPECT("$T new nowhere/start", 1, "", "*cannot write nowhere/start.cl: No such file*");
    EXPECT("$T new start --class round", 2, "", "*round*");
    EXPECT("$T new invert && rm invert.cl", 0, "*", "triptych: note: invert is also a built-in *");
    if (skip())
        return;
    try_class("point", "s/PUT(here.*/PUT(MIN(here, ALL(S, MAXIMUM) - amount) + amount);/");
    try_class("window", "s/PUT(AT.*/PUT(TO_S(sum >> ALL(WIDE, 2)));/");
    try_class("time", "s/PUT(now.*/PUT(MAX(now, before));/");
    try_class("gather", "s/SAMPLE(X, Y);/SAMPLE(IN_WIDTH - 1 - X, IN_HEIGHT - 1 - Y);/");
}

/* ---- verify ---- */

/* A broken kernel: the rule that verify names. */
static void expect_broken(const char *body, const char *node, int known, const char *text)
{
    char out[400];
    write_kernel("broken", body, node, known);
    snprintf(out, sizeof out, "*BROKEN: %s*", text);
    EXPECT("$T verify ./broken.cl --on sequential", 3, out, "*");
}

static void test_rules(void)
{
    if (skip())
        return;
    expect_broken("PUT(AT(0, 2));", ", .low = -1, .high = 1", 5,
                  "./broken.cl:4: reads the row at dy 2, but its node declares -1 to 1");
    expect_broken("PUT(AT_INPUT(0, 0, 3));", ", .sparse = 2, .rows = {0, 4}", 5,
                  "./broken.cl:4: reads the row at dy 3, but its node declares 0 to 1");
    expect_broken("PUT(AT(-3, 0));", ", .reach = 2", 5,
                  "./broken.cl:4: reads at dx -3, but its node declares .reach = 2");
    expect_broken("PUT(AT_INPUT(1, 0, 0));", "", 5,
                  "./broken.cl:4: reads input 1, but its node has 1");
    expect_broken("PUT(SOURCE(0, 0));", "", 5, "./broken.cl:4: reads the whole plane, but");
    expect_broken("PUT(SOURCE(0, Y + 1));", ", .whole = true", 5,
                  "./broken.cl:4: reads row 1 of the plane; there are 0 to 0");
    expect_broken("PUT(AT(0, 0));", ", .whole = true", 5, "./broken.cl:4: reads rows of a window");
    expect_broken("PUT(TO_S((I32(AT(0, 0)) + ALL(i32, 2147483647)) & ALL(i32, 255)));", "", 4,
                  "./broken.cl:4: a signed integer overflows");
    expect_broken("PUT(TO_S(U32(AT(0, 0)) << ALL(u32, 32 + (int)(CONSTANTS(uint)[0] & 1))));",
                  ", .constants = &(uint){0}, .constants_size = 4", 5,
                  "./broken.cl:4: a shift goes too far");
    expect_broken("PUT(TO_S(U32(F32(AT(0, 0)) * ALL(f32, 1e9f))));", "", 5,
                  "./broken.cl:4: a float is outside the integer type");
    expect_broken("if (X % 2 == 0) PUT(AT(0, 0));", "", 5, "./broken.cl: output 0 is not written");
    expect_broken("PUT(AT(0, 0)); const float mad = 1.0f; (void)mad;", "", 5,
                  "./broken.cl:4: a body may not use 'mad' (rules 3 and 5)");
    expect_broken("PUT(AT(0, 0));", "", 6,
                  "broken: its known answer says 6 in plane 0 at x 0, y 0, but the result is 5");
    if (has_clang)
        expect_broken("PUT((AT(0, 0) + ALL(S, MAXIMUM)) >> ALL(S, 1));", "", 130,
                      "lanes differ from one sample at a time: a value does not fit its lane type");
    write_kernel("broken", INVERT, "", 250);
    EXPECT("$T verify ./broken.cl --on sequential", 0,
           "./broken.cl, checked\n  known answer, and rules of exactness one sample at a time: "
           "kept\n./broken.cl\n*./broken.cl:amount=0\n*./broken.cl:amount=7\n* 0 differ\n",
           "*");
    EXPECT("$T verify ./broken.cl a.png --on sequential --json - | grep -A1 '\"broken\"'", 0,
           "*\"broken\": []*", "*");
    write_kernel("broken", "PUT(TAP(0, 0, 2));",
                 ", .low = -1, .high = 1, .constants = &(int){0}, .constants_size = 4", 5);
    EXPECT(
        "sed -i 's/^PASS.*/#define DX(i) 0\\n#define DY(i) 2\\nTAPS(broken, S, S, int, 1, 1, DX, "
        "DY)/' broken.cl && $T verify ./broken.cl --on sequential",
        3, "*BROKEN: ./broken.cl:6: reads the row at dy 2, but its node declares -1 to 1*", "*");
    write_kernel("broken", INVERT, "", 250);
    EXPECT(
        "sed -i -e '/^#ifdef HOST/i HISTOGRAM(broken_counts, S);\\nEXTREMES(broken_ends, S);' -e "
        "'s/    return NODE/    NODE(broken_ends, .in = {in}, .histogram = NODE(broken_counts, .in "
        "= {in}));\\n&/' broken.cl && $T run ./broken.cl a.png -o b.png",
        2, "",
        "*pass broken_ends cannot use the table of pass broken_counts: one counts, the other "
        "finds extremes*");
    write_kernel("broken", "PUT(AT(0, 2));", "", 5);
    EXPECT("$T verify ./broken.cl a.png --json -", 3, "*\"broken\": [*reads the row at dy 2*", "*");
}

/* The checks find nothing in kernels that are right. */
static void test_right(void)
{
    if (skip())
        return;
    EXPECT(
        "for kernel in median gaussian equalize resize rotate deinterlace background flip convolve "
        "normalize; do "
        "cp $ROOT/kernels/*/$kernel.cl own.cl && $T verify ./own.cl,copy --on sequential --isa "
        "scalar | grep -c "
        "BROKEN; done; rm own.cl",
        0, "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n", "*");
}

/* ---- the library ---- */

static void test_library(void)
{
    char path[300];
    struct tri_pipeline *pipeline = NULL;
    const struct tri_kernel *kernel = NULL, *again = NULL;
    struct tri_error error;
    if (skip())
        return;
    write_kernel("mine", INVERT, "", 250);
    snprintf(path, sizeof path, "%s", shell_path("mine.cl"));
    CU_ASSERT_EQUAL(tri_pipeline_parse(path, &pipeline, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "lets no pipeline name files"));
    CU_ASSERT_EQUAL(tri_kernel_load("invert", &kernel, &error), TRI_USAGE);
    CU_ASSERT_PTR_NULL(kernel);
    CU_ASSERT_EQUAL(tri_kernel_load("/nowhere/a.cl", &kernel, NULL), TRI_FAILED);
    CU_ASSERT_EQUAL_FATAL(tri_kernel_load(path, &kernel, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_kernel_load(path, &again, &error), TRI_OK);
    CU_ASSERT_PTR_EQUAL(kernel, again);
    CU_ASSERT_STRING_EQUAL(tri_kernel_name(kernel), "mine");
    CU_ASSERT_STRING_EQUAL(tri_kernel_family(kernel), path);
    CU_ASSERT_PTR_NULL(tri_kernel_find("mine"));
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(path, &pipeline, &error), TRI_OK);
    CU_ASSERT_PTR_EQUAL(tri_pipeline_kernel(pipeline, 0), kernel);
    tri_pipeline_free(pipeline);
    CU_ASSERT_EQUAL(tri_pipeline_parse("/nowhere/b.cl", &pipeline, &error), TRI_USAGE);
}

/* What the pipelines of a file of results name is not compiled. */
static void test_results(void)
{
    if (skip())
        return;
    write_kernel("mine", INVERT, "", 250);
    EXPECT(
        "rm -rf kept; $T bench ./mine.cl a.png --time 0.01 --on sequential --json b.json "
        ">/dev/null && rm -r kept && $T compare b.json b.json >/dev/null; test ! -e kept/kernels; "
        "rm b.json",
        0, "", "*");
}

static void test_spelling(void)
{
    static const char *const cases[][2] = {{"a", "./a.cl"},
                                           {"gray,a:x=1,b", "gray,./a.cl:x=1,b"},
                                           {"aa,a,ba:a", "aa,./a.cl,ba:a"},
                                           {"a:a=a,a", "./a.cl:a=a,./a.cl"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = tri_own_spell("a", "./a.cl", cases[i][0]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_STRING_EQUAL(text, cases[i][1]);
        free(text);
    }
    CU_ASSERT(tri_own_is_path("a.cl") && tri_own_is_path("./a") && !tri_own_is_path("a") &&
              !tri_own_is_path(".cl"));
}

int test_kernel_files_suite(void)
{
    CU_pSuite suite = CU_add_suite("kernel_files", begin, end);
    return !suite || !CU_add_test(suite, "run", test_run) ||
           !CU_add_test(suite, "the whole dialect", test_dialect) ||
           !CU_add_test(suite, "video", test_video) || !CU_add_test(suite, "opencl", test_opencl) ||
           !CU_add_test(suite, "copies of built-in kernels", test_copies) ||
           !CU_add_test(suite, "cache", test_cache) ||
           !CU_add_test(suite, "several at once", test_at_once) ||
           !CU_add_test(suite, "errors", test_errors) ||
           !CU_add_test(suite, "compilers", test_compilers) ||
           !CU_add_test(suite, "names", test_names) ||
           !CU_add_test(suite, "folders", test_folders) || !CU_add_test(suite, "new", test_new) ||
           !CU_add_test(suite, "broken rules", test_rules) ||
           !CU_add_test(suite, "kept rules", test_right) ||
           !CU_add_test(suite, "library", test_library) ||
           !CU_add_test(suite, "results", test_results) ||
           !CU_add_test(suite, "spelling", test_spelling);
}
