/* steps.c -- executes rows of a pipeline instruction by instruction, for bench/limits.py: counts
 * how often each instruction runs, at any ISA level that the CPU has, and how often it crosses
 * lines.
 *
 *     steps ISA PIPELINE WIDTH HEIGHT PLANES BITS LIST
 *
 * LIST is a file of what objdump knows: a line "f ADDRESS" for each row function, and for each
 * operand in memory a line "o ADDRESS BASE INDEX SCALE DISPLACEMENT BYTES"; registers are numbered
 * as in the encoding, -1 is none. The calls of a frame are counted with breakpoints, and a few of
 * them stepped. Prints "f ADDRESS CALLS STEPPED" for each function that was called, and for each
 * instruction that was stepped "i ADDRESS TIMES CROSSINGS FUNCTION". */
#include "measure/measure.h"
#include "pipeline/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { WARM_UP = 4, PICTURES = 2, LINE = 64, TRAP_FLAG = 0x100, REGISTERS = 16, BREAK = 0xcc };
/* A step takes about 10 microseconds. */
enum { STEPPED_MOST = 3, APART = 101, BUDGET = 60000 };

struct operand {
    signed char base, index;
    unsigned char scale, bytes; /* 0 bytes: none */
    int displacement;
};

struct function {
    uintptr_t at;
    uint32_t calls, stepped;
    unsigned char code; /* that the breakpoint replaces */
};

/* The handler's, so static. `first` is where the code is loaded; `current` is being stepped, until
 * it returns to `back`, or over its first instruction only if that is 0. */
static struct {
    uintptr_t bias, first, size;
    struct operand *operands;
    uint32_t *times, *crossings;
    int *owner; /* of an instruction: the function that was being stepped */
    struct function *functions;
    int *function_at;
    int count, room;
    struct function *current;
    uintptr_t back;
    uint64_t all;
} steps;

static const int register_of[REGISTERS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                           REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                           REG_R12, REG_R13, REG_R14, REG_R15};

static bool crosses(const struct operand *operand, const greg_t *registers)
{
    greg_t at = operand->displacement;

    if (operand->base >= 0)
        at += registers[register_of[(int)operand->base]];
    if (operand->index >= 0)
        at += registers[register_of[(int)operand->index]] * operand->scale;
    return operand->bytes > 0 && (at & (LINE - 1)) + operand->bytes > LINE;
}

static void record(const greg_t *registers)
{
    const uintptr_t at = (uintptr_t)registers[REG_RIP] - steps.first;

    steps.all++;
    if (at < steps.size) {
        steps.times[at]++;
        steps.crossings[at] += crosses(&steps.operands[at], registers);
        steps.owner[at] = (int)(steps.current - steps.functions);
    }
}

static unsigned char *code_of(const struct function *function)
{
    return (unsigned char *)(steps.first + function->at);
}

/* At a breakpoint: puts the instruction back, and steps over it or through the whole call. */
static void begin(struct function *function, greg_t *registers)
{
    const bool whole =
        function->stepped == 0 ||
        (function->stepped < STEPPED_MOST && steps.all < BUDGET && function->calls % APART == 0);

    *code_of(function) = function->code;
    function->calls++;
    function->stepped += whole;
    registers[REG_RIP]--;
    registers[REG_EFL] |= TRAP_FLAG;
    steps.current = function;
    steps.back = whole ? *(const uintptr_t *)registers[REG_RSP] : 0;
    if (whole)
        record(registers);
}

/* Comes after a breakpoint, and before each instruction while the trap flag is set. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal, (void)info;
    if (steps.current == NULL) {
        const uintptr_t at = (uintptr_t)registers[REG_RIP] - 1 - steps.first;
        if (at >= steps.size || steps.function_at[at] == 0)
            abort(); /* not a breakpoint of this program's */
        begin(&steps.functions[steps.function_at[at] - 1], registers);
    } else if (steps.back != 0 && (uintptr_t)registers[REG_RIP] != steps.back) {
        record(registers);
    } else {
        *code_of(steps.current) = BREAK;
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        steps.current = NULL;
    }
}

static int find_code(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    steps.bias = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            steps.first = steps.bias + info->dlpi_phdr[i].p_vaddr;
            steps.size = info->dlpi_phdr[i].p_memsz;
        }
    return 1; /* the first one is this program */
}

static bool add_function(uintptr_t at)
{
    if (steps.count == steps.room) {
        const int room = steps.room > 0 ? 2 * steps.room : 256;
        struct function *more = realloc(steps.functions, (size_t)room * sizeof *more);
        if (more == NULL)
            return false;
        steps.functions = more;
        steps.room = room;
    }
    steps.functions[steps.count] =
        (struct function){at, 0, 0, *(unsigned char *)(steps.first + at)};
    steps.function_at[at] = ++steps.count;
    return true;
}

/* Returns false if the line is none of such a list. */
static bool read_line(const char *line)
{
    unsigned long address;
    int base, index, scale, displacement, bytes;

    if (sscanf(line, "f %lx", &address) == 1) {
        const uintptr_t at = address + steps.bias - steps.first;
        return at < steps.size && (steps.function_at[at] != 0 || add_function(at));
    }
    if (sscanf(line, "o %lx %d %d %d %d %d", &address, &base, &index, &scale, &displacement,
               &bytes) != 6)
        return false;
    const uintptr_t at = address + steps.bias - steps.first;
    if (at >= steps.size || base < -1 || base >= REGISTERS || index < -1 || index >= REGISTERS)
        return false;
    steps.operands[at] = (struct operand){(signed char)base, (signed char)index,
                                          (unsigned char)scale, (unsigned char)bytes, displacement};
    return true;
}

static enum tri_status read_list(const char *path, struct tri_error *error)
{
    FILE *file = fopen(path, "r");
    char line[128];
    bool whole = true;

    if (file == NULL)
        return tri_fail(error, TRI_FAILED, "cannot open '%s'", path);
    while (whole && fgets(line, sizeof line, file) != NULL)
        whole = read_line(line);
    whole = whole && ferror(file) == 0;
    fclose(file);
    return whole ? TRI_OK : tri_fail(error, TRI_FAILED, "'%s' is no list of this program", path);
}

static enum tri_status prepare(const char *list, struct tri_error *error)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

    dl_iterate_phdr(find_code, NULL);
    steps.operands = calloc(steps.size, sizeof *steps.operands);
    steps.times = calloc(steps.size, sizeof *steps.times);
    steps.crossings = calloc(steps.size, sizeof *steps.crossings);
    steps.owner = calloc(steps.size, sizeof *steps.owner);
    steps.function_at = calloc(steps.size, sizeof *steps.function_at);
    if (steps.operands == NULL || steps.times == NULL || steps.crossings == NULL ||
        steps.owner == NULL || steps.function_at == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %zu addresses", (size_t)steps.size);
    if (sigaction(SIGTRAP, &action, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "cannot handle SIGTRAP");
    return read_list(list, error);
}

static void discard(void)
{
    free(steps.operands);
    free(steps.times);
    free(steps.crossings);
    free(steps.owner);
    free(steps.function_at);
    free(steps.functions);
}

/* Sets all breakpoints, or removes them. */
static enum tri_status set_breakpoints(bool on, struct tri_error *error)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = steps.first & ~(page - 1);

    if (mprotect((void *)from, steps.first + steps.size - from,
                 PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return tri_fail(error, TRI_FAILED, "the system lets no breakpoints be set");
    for (int i = 0; i < steps.count; i++)
        *code_of(&steps.functions[i]) = on ? BREAK : steps.functions[i].code;
    return TRI_OK;
}

struct work {
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *in[PICTURES], *out;
};

/* The second picture is the first, moved by a sample: something to follow for kernels over time. */
static enum tri_status make_pictures(struct work *work, const struct tri_shape *shape,
                                     struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < PICTURES && status == TRI_OK; i++)
        status = tri_picture_generate(shape, 1, &work->in[i], error);
    for (int plane = 0; plane < shape->planes && status == TRI_OK; plane++)
        for (int y = 0; y < shape->height; y++) {
            const size_t sample = (size_t)shape->bits / 8;
            unsigned char *row = tri_image_row(work->in[1], plane, y);
            memmove(row, row + sample, ((size_t)shape->width - 1) * sample);
        }
    return status;
}

static enum tri_status open_work(struct work *work, char **arguments, const struct tri_shape *shape,
                                 struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();

    options.isa = arguments[0];
    int runs; /* the pictures are never written again */
    enum tri_status status = tri_backend_open("sequential", &options, &work->backend, error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(arguments[1], &work->pipeline, error);
    if (status == TRI_OK) {
        tri_pipeline_noise(work->pipeline);
        status = make_pictures(work, shape, error);
    }
    if (status == TRI_OK)
        status = tri_job_new(work->backend, work->pipeline, shape, &work->job, error);
    if (status == TRI_OK)
        status = tri_job_lend(work->job, &runs, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(work->job), &work->out, error);
    return status;
}

static void close_work(struct work *work)
{
    tri_image_free(work->out);
    tri_job_free(work->job);
    for (int i = 0; i < PICTURES; i++)
        tri_image_free(work->in[i]);
    tri_pipeline_free(work->pipeline);
    tri_backend_close(work->backend);
}

/* Frames that are not counted fill the history. */
static enum tri_status run(struct work *work, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < WARM_UP && status == TRI_OK; i++)
        status = tri_job_run(work->job, work->in[i % PICTURES], work->out, NULL, error);
    if (status != TRI_OK)
        return status;
    status = set_breakpoints(true, error);
    if (status != TRI_OK)
        return status;
    status = tri_job_run(work->job, work->in[WARM_UP % PICTURES], work->out, NULL, error);
    return set_breakpoints(false, NULL) == TRI_OK ? status : TRI_FAILED;
}

static unsigned long address_of(uintptr_t at)
{
    return (unsigned long)(at + steps.first - steps.bias);
}

static void print(void)
{
    for (int i = 0; i < steps.count; i++) {
        const struct function *function = &steps.functions[i];
        if (function->calls > 0)
            printf("f %lx %u %u\n", address_of(function->at), function->calls, function->stepped);
    }
    for (uintptr_t at = 0; at < steps.size; at++)
        if (steps.times[at] > 0)
            printf("i %lx %u %u %lx\n", address_of(at), steps.times[at], steps.crossings[at],
                   address_of(steps.functions[steps.owner[at]].at));
}

/* Returns 0 if it is no number up to `most`. */
static int number(const char *text, int most)
{
    char *end;
    const long value = strtol(text, &end, 10);

    return *end == '\0' && value > 0 && value <= most ? (int)value : 0;
}

static int usage(void)
{
    fputs("usage: steps ISA PIPELINE WIDTH HEIGHT PLANES BITS LIST\n", stderr);
    return TRI_USAGE;
}

int main(int argc, char **argv)
{
    struct work work = {0};
    struct tri_error error;

    if (argc != 8)
        return usage();
    const struct tri_shape shape = {number(argv[3], TRI_SIDE_MAX), number(argv[4], TRI_SIDE_MAX),
                                    number(argv[5], TRI_PLANES_MAX), number(argv[6], 16)};
    if (shape.width == 0 || shape.height == 0 || shape.planes == 0 ||
        (shape.bits != 8 && shape.bits != 16))
        return usage();
    enum tri_status status = prepare(argv[7], &error);
    if (status == TRI_OK)
        status = open_work(&work, argv + 1, &shape, &error);
    if (status == TRI_OK)
        status = run(&work, &error);
    if (status == TRI_OK)
        print();
    else
        fprintf(stderr, "steps: %s, %s: %s\n", argv[2], argv[1], error.text);
    close_work(&work);
    discard();
    return (int)status;
}
#else
int main(void)
{
    fputs("steps: only x86-64 processors are stepped\n", stderr);
    return TRI_NO_DEVICE;
}
#endif
