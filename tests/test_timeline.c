/* test_timeline.c -- timelines: blocks are the spans that were recorded, and drawings show them. */
#include "shell.h"
#include "tests.h"

#include "parallel/cpu.h"
#include "trace/timeline.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So long that the thread is never behind the times that are made up. */
#define TICK INT64_C(100000000)

/* ---- recordings with times that are made up ---- */

static int64_t origin; /* of these times */

static struct tri_timeline *start(int most)
{
    struct tri_timeline *timeline = tri_timeline_new(most);
    CU_ASSERT_PTR_NOT_NULL_FATAL(timeline);
    const struct tri_trace_reader reader = tri_timeline_reader(timeline);
    CU_ASSERT_EQUAL_FATAL(tri_trace_start(&reader, 1, NULL), TRI_OK);
    origin = tri_now_ns();
    return timeline;
}

static void stop(struct tri_timeline *timeline)
{
    struct tri_trace_summary summary;
    tri_trace_stop(&summary);
    CU_ASSERT_EQUAL_FATAL(tri_timeline_finish(timeline, &summary, NULL), TRI_OK);
}

static tri_trace_mark begin_at(enum tri_trace_category category, enum tri_trace_cause cause,
                               const char *name, int64_t time)
{
    return tri_trace_begin_span(&(struct tri_trace_span_begin){category, cause, name, 0, 0},
                                origin + time);
}

static void stage(const char *name, int64_t begin, int64_t end)
{
    tri_trace_end_at(begin_at(TRI_TRACE_STAGE, 0, name, begin), 0, origin + end);
}

static void waiting(enum tri_trace_cause cause, const char *name, int64_t begin, int64_t end)
{
    tri_trace_end_at(begin_at(TRI_TRACE_WAIT, cause, name, begin), 0, origin + end);
}

static int lane_named(const struct tri_timeline *timeline, const char *name)
{
    for (int i = 0; i < timeline->lane_count; i++)
        if (strcmp(timeline->lanes[i].name, name) == 0)
            return i;
    return -1;
}

static int64_t busy_with(const struct tri_timeline *timeline, const char *kind)
{
    for (int i = 0; i < timeline->kind_count; i++)
        if (strcmp(timeline->kinds[i].name, kind) == 0)
            return timeline->kinds[i].busy;
    return -1;
}

/* Blocks of a lane follow each other, within the timeline; sums of lanes and kinds are theirs. */
static void check_blocks(const struct tri_timeline *timeline)
{
    int64_t kinds[TRI_TIMELINE_KINDS] = {0};
    bool sound = true;
    int next = 0;
    for (int i = 0; i < timeline->lane_count; i++) {
        const struct tri_timeline_lane *lane = &timeline->lanes[i];
        int64_t last = 0, sum = 0;
        sound &= lane->first == next;
        next += lane->count;
        for (int j = lane->first; j < next; j++) {
            const struct tri_timeline_block *block = &timeline->blocks[j];
            sound &= block->lane == i && block->begin >= last && block->end > block->begin &&
                     block->end <= timeline->length;
            last = block->end;
            sum += block->end - block->begin;
            kinds[block->kind] += block->end - block->begin;
        }
        sound &= sum == lane->busy + lane->waiting;
    }
    for (int k = 0; k < timeline->kind_count; k++)
        sound &= kinds[k] == timeline->kinds[k].busy;
    CU_ASSERT_TRUE(sound);
    CU_ASSERT_EQUAL(next, timeline->block_count);
}

/* ---- the model ---- */

/* One frame: 60 ticks of decoding with waits in it, then a wait and 20 of computing. */
static void report_frame(void)
{
    const tri_trace_mark decode = begin_at(TRI_TRACE_STAGE, 0, "decode", 0);
    const tri_trace_mark inflate = begin_at(TRI_TRACE_CODEC, 0, "inflate", 10 * TICK);
    waiting(TRI_TRACE_FOR_DISK, "read", 20 * TICK, 25 * TICK);
    tri_trace_end_at(inflate, 0, origin + 50 * TICK);
    waiting(TRI_TRACE_FOR_ORDER, "unfilter", 52 * TICK, 54 * TICK);
    tri_trace_end_at(decode, 0, origin + 60 * TICK);
    waiting(TRI_TRACE_FOR_WORK, "no item", 65 * TICK, 80 * TICK);
    stage("compute", 81 * TICK, 101 * TICK);
}

static void test_sums(void)
{
    struct tri_timeline *timeline = start(1000);
    report_frame();
    stop(timeline);
    check_blocks(timeline);
    const int lane = lane_named(timeline, "main");
    CU_ASSERT_EQUAL_FATAL(lane, 0);
    CU_ASSERT_EQUAL(busy_with(timeline, "decode"), 53 * TICK);
    CU_ASSERT_EQUAL(busy_with(timeline, "read file"), 5 * TICK);
    CU_ASSERT_EQUAL(busy_with(timeline, "compute"), 20 * TICK);
    CU_ASSERT_EQUAL(busy_with(timeline, "its turn"), 2 * TICK);
    CU_ASSERT_EQUAL(busy_with(timeline, "work"), 15 * TICK);
    CU_ASSERT_EQUAL(timeline->lanes[lane].busy, 78 * TICK);
    CU_ASSERT_EQUAL(timeline->lanes[lane].waiting, 17 * TICK);
    tri_timeline_free(timeline);
}

/* A thread that helps inside another's stage, and one that waits only. */
static void *help(void *argument)
{
    tri_trace_name_thread("worker", 1);
    tri_trace_set_item(TRI_TRACE_ITEM(1, 3));
    tri_trace_end_at(begin_at(TRI_TRACE_STRIP, 0, "a pass", 30 * TICK), 0, origin + 50 * TICK);
    tri_trace_set_item(0);
    waiting(TRI_TRACE_FOR_WORK, "idle", 50 * TICK, 70 * TICK);
    return argument;
}

static void run_thread(void *(*work)(void *), void *argument)
{
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, work, argument), 0);
    pthread_join(thread, NULL);
}

static void test_helper(void)
{
    struct tri_timeline *timeline = start(1000);
    tri_trace_set_item(TRI_TRACE_ITEM(1, 3));
    const tri_trace_mark mark = begin_at(TRI_TRACE_STAGE, 0, "encode", 10 * TICK);
    run_thread(help, NULL);
    tri_trace_end_at(mark, 0, origin + 60 * TICK);
    tri_trace_set_item(0);
    stop(timeline);
    check_blocks(timeline);
    CU_ASSERT_EQUAL(timeline->lane_count, 2);
    CU_ASSERT_EQUAL(busy_with(timeline, "encode"), 70 * TICK);
    CU_ASSERT_EQUAL(busy_with(timeline, "a pass"), -1);
    const struct tri_timeline_lane *lane = &timeline->lanes[1];
    CU_ASSERT_STRING_EQUAL(lane->name, "worker 1");
    CU_ASSERT_EQUAL(timeline->blocks[lane->first].frame, 3);
    CU_ASSERT_STRING_EQUAL(timeline->blocks[lane->first].label, "a pass");
    tri_timeline_free(timeline);
}

struct turn {
    const char *kind;
    int number;
    int64_t begin, end;
};

static void *take_turn(void *argument)
{
    const struct turn *turn = argument;
    tri_trace_name_thread(turn->kind, turn->number);
    stage("compute", turn->begin, turn->end);
    return NULL;
}

/* Threads of the same name share a lane if they take turns; lanes are in order of their names. */
static void test_lanes(void)
{
    struct turn turns[] = {
        {"worker", 10, 0, 5 * TICK},         {"worker", 2, 0, 5 * TICK},
        {"worker", 2, 6 * TICK, 9 * TICK},   {"helper", 0, 0, 5 * TICK},
        {"worker", 1, 0, 5 * TICK},          {"worker", 1, 4 * TICK, 9 * TICK},
        {"worker", 1, 20 * TICK, 30 * TICK}, {"worker", 2, 20 * TICK, 21 * TICK}};
    static const char *const names[] = {"main",     "worker 1",  "worker 1",
                                        "worker 2", "worker 10", "helper"};
    struct tri_timeline *timeline = start(1000);
    stage("decode", 0, TICK);
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++)
        run_thread(take_turn, &turns[i]);
    const int queue = tri_trace_queue("a device", "kernels");
    const struct tri_trace_command commands[] = {
        {queue, "first", 0, origin + TICK, origin + 4 * TICK, 0},
        {queue, "second", 0, origin + 3 * TICK, origin + 6 * TICK, 0}}; /* its clock is not exact */
    tri_trace_add_command(&commands[0]);
    tri_trace_add_command(&commands[1]);
    stop(timeline);
    check_blocks(timeline);
    CU_ASSERT_EQUAL_FATAL(timeline->lane_count, 7);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_STRING_EQUAL(timeline->lanes[i].name, names[i]);
    CU_ASSERT_EQUAL(timeline->lanes[3].busy, 9 * TICK);
    CU_ASSERT_STRING_EQUAL(timeline->lanes[6].device, "a device");
    CU_ASSERT_EQUAL(timeline->lanes[6].busy, 5 * TICK);
    tri_timeline_free(timeline);
}

/* Far more spans than room: the sums are exact, and the memory is bounded. */
static void test_long(void)
{
    enum { ROOM = 2000, SPANS = 100000, CELLS = 70 }; /* from 20 to 60 s */
    const int64_t second = 10 * TICK;
    struct tri_timeline *timeline = start(ROOM);
    int64_t decode = 0, compute = 0;
    origin += 20 * second; /* ahead of the clock, however slow this machine is */
    for (int i = 0; i < SPANS; i++) {
        const int64_t time = i * INT64_C(400000);
        stage("decode", time, time + 100000 + i % 7);
        stage("compute", time + 150000, time + 350000 - i % 5);
        decode += 100000 + i % 7;
        compute += 200000 - i % 5;
        if (i % 250 == 249) /* so that nothing is dropped */
            nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    stage("encode", SPANS * INT64_C(400000), SPANS * INT64_C(500000)); /* long: stays as it is */
    stop(timeline);
    check_blocks(timeline);
    CU_ASSERT_EQUAL(timeline->dropped, 0);
    CU_ASSERT_TRUE(timeline->block_count <= ROOM && timeline->block_count > ROOM / 10);
    CU_ASSERT_EQUAL(busy_with(timeline, "decode"), decode);
    CU_ASSERT_EQUAL(busy_with(timeline, "compute"), compute);
    const struct tri_timeline_block *last = &timeline->blocks[timeline->block_count - 1];
    CU_ASSERT_TRUE(last->label != NULL && strcmp(last->label, "encode") == 0);
    struct tri_timeline_cell cells[CELLS];
    CU_ASSERT_EQUAL(tri_timeline_cells(timeline, 0, INT64_MAX, cells, CELLS), TRI_OK);
    for (int i = 21; i < 59; i++) /* 75 % busy, mostly with computing */
        if ((fabs(cells[i].busy - 0.75) > 0.02 ||
             strcmp(timeline->kinds[cells[i].kind].name, "compute") != 0) &&
            test_fail_once())
            printf("\n    cell %d: %.3f of %d\n", i, cells[i].busy, cells[i].kind);
    tri_timeline_free(timeline);
}

/* Without blocks there are sums, also of what has not ended. */
static void test_running(void)
{
    struct tri_timeline *timeline = start(0);
    struct tri_timeline_kind kinds[TRI_TIMELINE_KINDS];
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "compute");
    int64_t first = 0, second = 0;
    for (int i = 0; i < 500 && first == 0; i++) {
        nanosleep(&(struct timespec){0, 2000000}, NULL);
        first = tri_timeline_sums(timeline, kinds) > 0 ? kinds[0].busy : 0;
    }
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    CU_ASSERT_EQUAL(tri_timeline_sums(timeline, kinds), 1);
    second = kinds[0].busy;
    CU_ASSERT_TRUE(first > 0 && second >= first + 5000000);
    tri_trace_end(mark);
    stop(timeline);
    CU_ASSERT_TRUE(timeline->kinds[0].busy >= second);
    CU_ASSERT_EQUAL(timeline->block_count, 0);
    tri_timeline_free(timeline);
}

/* ---- in text ---- */

static char *print(const struct tri_timeline *timeline, int columns, bool colours)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_timeline_print(file, timeline, columns, colours);
    fclose(file);
    return text;
}

/* Characters of the first line, of one kind. */
static int count_in_first(const char *text, char letter)
{
    int count = 0;
    for (; *text != '\n' && *text != '\0'; text++)
        count += *text == letter;
    return count;
}

static void check_width(const char *text, int columns)
{
    for (const char *line = text; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        if (length > (size_t)columns && test_fail_once())
            printf("\n    %zu of %d columns: %.*s\n", length, columns, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* Letters over as many columns as their share of the time. */
static void test_print(void)
{
    static const int widths[] = {40, 80, 200};
    struct tri_timeline *timeline = start(1000);
    stage("decode", 0, 60 * TICK);
    waiting(TRI_TRACE_FOR_WORK, "no item", 60 * TICK, 80 * TICK);
    stage("compute", 80 * TICK, 100 * TICK);
    stop(timeline);
    for (int i = 0; i < 3; i++) {
        char *text = print(timeline, widths[i], false);
        const int cells = widths[i] - 11; /* "main " and " 100 %" */
        check_width(text, widths[i]);
        CU_ASSERT_TRUE(abs(count_in_first(text, 'D') - cells * 60 / 100) <= 1);
        CU_ASSERT_TRUE(abs(count_in_first(text, 'C') - cells * 20 / 100) <= 1);
        CU_ASSERT_EQUAL(strncmp(text, "main D", 6), 0);
        CU_ASSERT_EQUAL((int)strcspn(text, "\n"), widths[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, " 80 %\n"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n     |0 s"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "D decode 75 %"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "C compute 25 %"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "work 20 %"));
        CU_ASSERT_EQUAL(strcspn(text, "\033"), strlen(text));
        free(text);
    }
    char *text = print(timeline, 80, true);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\033["));
    free(text);
    tri_timeline_free(timeline);
}

/* What took most of a cell; small letters where it was about half of it, blanks where it was less.
 */
static void test_shades(void)
{
    enum { FRAMES = 1000 };
    static const int busy[] = {30, 50, 90}; /* percent, each in a third of the time */
    struct tri_timeline *timeline = start(100000);
    for (int i = 0; i < FRAMES; i++) {
        const int64_t time = i * TICK, share = busy[i * 3 / FRAMES] * TICK / 100;
        stage("decode", time, time + share / 4);
        stage("compute", time + share / 4 + 1, time + share);
        if (i % 200 == 199)
            nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    stop(timeline);
    char *text = print(timeline, 101, false); /* 90 cells */
    CU_ASSERT_TRUE(abs(count_in_first(text, 'c') - 30) <= 2);
    CU_ASSERT_TRUE(abs(count_in_first(text, 'C') - 30) <= 2);
    CU_ASSERT_EQUAL(count_in_first(text, 'D') + count_in_first(text, 'd'), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "D decode 25 %"));
    free(text);
    tri_timeline_free(timeline);
}

static void *be_idle(void *argument)
{
    tri_trace_name_thread("worker", *(const int *)argument);
    waiting(TRI_TRACE_FOR_WORK, "idle", 0, 90 * TICK);
    return NULL;
}

/* A few idle threads are lines; many are a number. */
static void test_idle(void)
{
    for (int threads = 2; threads <= 12; threads += 10) {
        struct tri_timeline *timeline = start(1000);
        stage("compute", 0, 100 * TICK);
        for (int i = 1; i <= threads; i++)
            run_thread(be_idle, &i);
        stop(timeline);
        CU_ASSERT_EQUAL(timeline->lane_count, threads + 1);
        char *text = print(timeline, 80, false);
        CU_ASSERT_EQUAL(strstr(text, "worker 2 ") != NULL, threads == 2);
        CU_ASSERT_EQUAL(strstr(text, "\nand 12 threads that had no work\n") != NULL, threads == 12);
        free(text);
        tri_timeline_free(timeline);
    }
}

/* Nothing was recorded: no division by zero, nothing beyond the width. */
static void test_empty(void)
{
    struct tri_timeline *timeline = start(1000);
    stop(timeline);
    char *text = print(timeline, 40, false);
    check_width(text, 40);
    free(text);
    timeline->length = 1;
    free(print(timeline, 40, true));
    char *picture = NULL;
    size_t size;
    FILE *file = open_memstream(&picture, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_timeline_svg(file, timeline);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(picture, "</svg>"));
    free(picture);
    tri_timeline_free(timeline);
}

/* ---- the program ---- */

#define PTY "python3 $ROOT/tests/terminal.py "

static int begin(void)
{
    if (shell_begin() != 0)
        return 1;
    FILE *file = fopen(shell_path("clip.y4m"), "wb");
    if (file == NULL)
        return 1;
    fputs("YUV4MPEG2 W160 H120 F25:1 C420jpeg\n", file);
    for (int f = 0; f < 100; f++) {
        fputs("FRAME\n", file);
        for (int i = 0; i < 160 * 120 * 3 / 2; i++)
            fputc((i * 7 + f * 13) & 0xff, file);
    }
    return fclose(file);
}

static void test_program(void)
{
    EXPECT("$T run sobel clip.y4m -o plain.y4m -q && $T run sobel clip.y4m -o - --format y4m --on "
           "threads:2 --timeline 2> drawn | cmp - plain.y4m",
           0, "", "");
    EXPECT("cat drawn", 0, "main  *%\nworker 1 *%\n*|0 ms*C compute*", "");
    EXPECT("awk 'length > 80' drawn; grep -c '[^ -~]' drawn", 1, "0\n", "");
    EXPECT("COLUMNS=50 $T run sobel clip.y4m -o plain.y4m --timeline 2>&1 | awk 'length > 50'", 0,
           "", "");
    EXPECT("$T run sobel clip.y4m -o plain.y4m --on sequential --trace -", 0,
           "main *|0 ms*C compute*", "");
    EXPECT("$T run sobel clip.y4m -o plain.y4m --trace - --timeline", 0, "main *", "main *");
    EXPECT("$T bench sobel --size 64x64 --on threads:2 --time 0.01 --trace - | tail -n 9", 0,
           "*main *|0 *threads:2*", "*");
    EXPECT("$T verify sobel --on threads:2 --trace -", 0, "sobel\n*main *|0 *threads:2*", "*");
    EXPECT("$T run sobel clip.y4m -o - --format y4m --trace - | wc -c", 0, "0\n",
           "*standard output: -o or --trace\n");
    EXPECT("$T run sobel clip.y4m -o a.y4m --trace a.json", 2, "",
           "triptych: --trace: unknown extension in 'a.json'; expected .perfetto-trace, .perfetto, "
           ".pftrace, .svg, or '-' for text\n");
    EXPECT("$T run sobel none.y4m -o none.mkv --trace - --timeline", 1, "*", "*none.y4m*");
    EXPECT("rm drawn plain.y4m", 0, "", "");
}

/* A program reads the picture as XML, and finds a block for each frame that is long enough. */
static void test_svg(void)
{
    static const char *const check =
        "python3 -c 'import sys, xml.dom.minidom as x; d = x.parse(sys.argv[1]); "
        "r = d.getElementsByTagName(\"rect\"); t = [n.firstChild.data for n in "
        "d.getElementsByTagName(\"title\")]; "
        "bad = [n for n in r if float(n.getAttribute(\"x\") or 0) < 0 or "
        "float(n.getAttribute(\"x\") or 0) + float(n.getAttribute(\"width\")) > 1200.7]; "
        "print(len(r) > 20, len(bad), any(\"compute\" in s for s in t), "
        "any(n.firstChild.data == \"worker 1\" for n in d.getElementsByTagName(\"text\")))' ";
    char command[1000];
    snprintf(command, sizeof command,
             "$T run gaussian:sigma=9 clip.y4m -o o.y4m --on threads:2 --trace 'a&<b.svg' && %s "
             "'a&<b.svg'",
             check);
    EXPECT(command, 0, "True 0 True True\n", "");
    EXPECT("! command -v xmllint > x || xmllint --noout 'a&<b.svg'", 0, "", "");
    EXPECT("grep -c prefers-color-scheme:dark 'a&<b.svg'", 0, "1\n", "");
    EXPECT("cp clip.y4m old.svg; ulimit -f 1; $T run sobel clip.y4m -o /dev/null --format y4m "
           "--trace old.svg",
           1, "", "triptych: cannot write old.svg: File too large\n");
    EXPECT("cmp clip.y4m old.svg; ls -A | grep triptych-", 1, "", "");
    EXPECT("$T run sobel clip.y4m -o r.svg --format y4m --trace r.svg", 2, "", "*same file*");
    EXPECT("cp clip.y4m in.svg; $T run sobel in.svg -o r.y4m --trace in.svg; cmp clip.y4m in.svg",
           0, "", "*--trace 'in.svg' would overwrite the input*");
    EXPECT("rm -f o.y4m *.svg x", 0, "", "");
}

/* Colours on terminals that have them and where they are wanted; as wide as the terminal. */
static void test_terminal(void)
{
    EXPECT("TERM=xterm-256color " PTY "120 $T run sobel clip.y4m -o o.y4m -q --timeline > drawn; "
           "grep -c 48.5 drawn > count; test $(cat count) -gt 1",
           0, "", "");
    EXPECT("sed 's/\033\\[[0-9;]*m//g; s/\\r//' drawn > plain; awk 'length > 120' plain; "
           "awk 'length == 120' plain | grep -c %$ | grep -qx '[1-9][0-9]*'",
           0, "", "");
    EXPECT("NO_COLOR=1 TERM=xterm " PTY "80 $T run sobel clip.y4m -o o.y4m -q --timeline | grep -c "
           "'\033'",
           1, "0\n", "");
    EXPECT("TERM=dumb " PTY "80 $T run sobel clip.y4m -o o.y4m --timeline --progress | grep -c "
           "'\033'",
           1, "0\n", "");
    EXPECT("rm drawn plain count o.y4m", 0, "", "");
}

/* Draws in place, never beyond the width, and clears what it drew. Elsewhere there is nothing. */
static void test_progress(void)
{
    EXPECT("cat > slow.sh <<'END'\n(head -c 1500000 clip.y4m; sleep 1; tail -c "
           "+1500001 clip.y4m) | $T run sobel - -o o.y4m --on threads:2 --progress\nEND",
           0, "", "");
    for (int columns = 24; columns <= 80; columns += 28) {
        char command[1000];
        snprintf(command, sizeof command,
                 "TERM=xterm " PTY "%d sh slow.sh > shown && python3 -c '\n"
                 "import re\n"
                 "text = open(\"shown\", newline=\"\").read()\n"
                 "lines = re.split(r\"[\\r\\n]+|\\x1b\\[.\", text)\n"
                 "print(max(map(len, lines)) < %d, \"core\" in text or %d < 50, "
                 "text.endswith(\"\\x1b[J\"), text.count(\"\\x1b[J\") <= 20, "
                 "any(re.search(\"[0-9] frames\", line) for line in lines))'",
                 columns, columns, columns);
        EXPECT(command, 0, "True True True True True\n", "");
    }
    EXPECT("$T run sobel clip.y4m -o o.y4m --progress", 0, "", "");
    EXPECT("rm slow.sh shown o.y4m", 0, "", "");
}

/* ---- by core ---- */

/* A finished timeline of two threads, of which the second one is seen on the first one's core while
 * that one is in a block, and then on its own core. Times in ticks. */
static struct tri_timeline *two_threads(bool known)
{
    struct tri_timeline *timeline = tri_timeline_new(0);
    static const struct tri_timeline_block blocks[] = {
        {.begin = 0, .end = 40, .kind = 0, .lane = 0, .core = 3},
        {.begin = 40, .end = 50, .kind = 2, .lane = 0, .core = 3}, /* waits */
        {.begin = 60, .end = 70, .kind = 0, .lane = 0, .core = 3},
        {.begin = 10, .end = 30, .kind = 1, .lane = 1, .core = 3},
        {.begin = 30, .end = 80, .kind = 1, .lane = 1, .core = 5}};
    CU_ASSERT_PTR_NOT_NULL_FATAL(timeline);
    timeline->blocks = malloc(sizeof blocks);
    CU_ASSERT_PTR_NOT_NULL_FATAL(timeline->blocks);
    memcpy(timeline->blocks, blocks, sizeof blocks);
    timeline->block_count = 5;
    for (int i = 0; i < 5; i++)
        timeline->blocks[i].core = known ? timeline->blocks[i].core : -1;
    timeline->kinds[0] = (struct tri_timeline_kind){"one", TRI_TIMELINE_WORK, 'A', 50};
    timeline->kinds[1] = (struct tri_timeline_kind){"two", TRI_TIMELINE_WORK, 'B', 0};
    timeline->kinds[2] = (struct tri_timeline_kind){"work", TRI_TIMELINE_WAIT, ' ', 0};
    timeline->kind_count = 3;
    timeline->length = 100;
    return timeline;
}

static void test_cores(void)
{
    struct tri_timeline *threads = two_threads(true), *cores;
    char *text = NULL;
    size_t size;

    CU_ASSERT_EQUAL_FATAL(tri_timeline_by_core(threads, &cores, NULL), TRI_OK);
    CU_ASSERT_EQUAL(cores->block_count, 4);
    CU_ASSERT_EQUAL_FATAL(cores->lane_count, 2);
    CU_ASSERT_STRING_EQUAL(cores->lanes[0].name, "core 3");
    CU_ASSERT_STRING_EQUAL(cores->lanes[1].name, "core 5");
    /* "one" until "two" is seen, "two" until it leaves, and "one" when it is seen again. */
    CU_ASSERT_EQUAL(cores->lanes[0].count, 3);
    CU_ASSERT_EQUAL(cores->lanes[0].busy, 10 + 20 + 10);
    CU_ASSERT_EQUAL(cores->lanes[1].busy, 50);
    CU_ASSERT_EQUAL(cores->lanes[1].first, 3);
    CU_ASSERT_EQUAL(cores->blocks[0].end, 10);
    CU_ASSERT_EQUAL(busy_with(cores, "one"), 50); /* as in the lanes of threads */
    FILE *file = open_memstream(&text, &size);
    tri_timeline_print_lanes(file, cores, 7 + 20 + 6, false);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "core 3 AABBBB      AA        40 %\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "core 5       BBBBBBBBBB      50 %\n"));
    free(text);
    tri_timeline_free(cores);
    tri_timeline_free(threads);
}

static void test_no_cores(void)
{
    struct tri_timeline *threads = two_threads(false), *cores;

    CU_ASSERT_EQUAL_FATAL(tri_timeline_by_core(threads, &cores, NULL), TRI_OK);
    CU_ASSERT_EQUAL(cores->lane_count, 0);
    tri_timeline_free(cores);
    tri_timeline_free(threads);
}

int test_timeline_suite(void)
{
    CU_pSuite suite = CU_add_suite("timeline", begin, shell_end);
    CU_add_test(suite, "blocks have the time of their spans", test_sums);
    CU_add_test(suite, "threads that help are in the stage", test_helper);
    CU_add_test(suite, "lanes, and which threads share one", test_lanes);
    CU_add_test(suite, "recordings longer than the memory", test_long);
    CU_add_test(suite, "sums while it runs", test_running);
    CU_add_test(suite, "letters over their share of the columns", test_print);
    CU_add_test(suite, "shades of long streams", test_shades);
    CU_add_test(suite, "idle threads", test_idle);
    CU_add_test(suite, "nothing to draw", test_empty);
    CU_add_test(suite, "lanes of cores", test_cores);
    CU_add_test(suite, "a system that tells no cores", test_no_cores);
    CU_add_test(suite, "--timeline and --trace -", test_program);
    CU_add_test(suite, "--trace x.svg", test_svg);
    CU_add_test(suite, "colours and width of terminals", test_terminal);
    CU_add_test(suite, "--progress", test_progress);
    return 0;
}
