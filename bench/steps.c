/* steps.c -- executes one frame of a pipeline instruction by instruction, for bench/limits.py:
 * counts how often each one runs, at any ISA level that the CPU has, and how often it crosses cache
 * lines.
 *
 *     steps ISA PIPELINE WIDTH HEIGHT PLANES BITS OPERANDS
 *
 * OPERANDS is a file with a line "ADDRESS BASE INDEX SCALE DISPLACEMENT BYTES" for each operand in
 * memory, as objdump has them; registers are numbered as in the encoding, -1 is none. Prints a line
 * "ADDRESS TIMES CROSSINGS" for each instruction of this program, and one for those of libraries:
 * "outside TIMES". */
#include "measure/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <link.h>
#include <signal.h>
#include <ucontext.h>

enum { WARM_UP = 4, PICTURES = 2, LINE = 64, TRAP_FLAG = 0x100, REGISTERS = 16 };

struct operand {
    signed char base, index;
    unsigned char scale, bytes; /* 0 bytes: none */
    int displacement;
};

struct executed {
    uint32_t times, crossings;
};

/* The handler's, so static. `first` is where the code is loaded. */
static struct {
    volatile bool on;
    uintptr_t bias, first, size;
    struct operand *operands;
    struct executed *executed;
    uint64_t outside;
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

/* Comes before each instruction while the trap flag is set. */
static void on_step(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uintptr_t at = (uintptr_t)registers[REG_RIP] - steps.first;

    (void)signal, (void)info;
    if (!steps.on) {
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        return;
    }
    registers[REG_EFL] |= TRAP_FLAG;
    if (at < steps.size) {
        steps.executed[at].times++;
        steps.executed[at].crossings += crosses(&steps.operands[at], registers);
    } else {
        steps.outside++;
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

static enum tri_status read_operands(const char *path, struct tri_error *error)
{
    FILE *file = fopen(path, "r");
    unsigned long address;
    int base, index, scale, displacement, bytes;

    if (file == NULL)
        return tri_fail(error, TRI_FAILED, "cannot open '%s'", path);
    while (fscanf(file, "%lx %d %d %d %d %d", &address, &base, &index, &scale, &displacement,
                  &bytes) == 6) {
        const uintptr_t at = address + steps.bias - steps.first;
        if (at < steps.size && base < REGISTERS && index < REGISTERS)
            steps.operands[at] =
                (struct operand){(signed char)base, (signed char)index, (unsigned char)scale,
                                 (unsigned char)bytes, displacement};
    }
    const bool whole = feof(file) != 0;
    fclose(file);
    return whole ? TRI_OK : tri_fail(error, TRI_FAILED, "'%s' is no list of operands", path);
}

static enum tri_status prepare(const char *operands, struct tri_error *error)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    dl_iterate_phdr(find_code, NULL);
    steps.operands = calloc(steps.size, sizeof *steps.operands);
    steps.executed = calloc(steps.size, sizeof *steps.executed);
    if (steps.operands == NULL || steps.executed == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %zu addresses", (size_t)steps.size);
    if (sigaction(SIGTRAP, &action, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "cannot handle SIGTRAP");
    return read_operands(operands, error);
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
    enum tri_status status = tri_backend_open("sequential", &options, &work->backend, error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(arguments[1], &work->pipeline, error);
    if (status == TRI_OK)
        status = make_pictures(work, shape, error);
    if (status == TRI_OK)
        status = tri_job_new(work->backend, work->pipeline, shape, &work->job, error);
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
    steps.on = true;
    raise(SIGTRAP); /* the handler sets the flag */
    status = tri_job_run(work->job, work->in[WARM_UP % PICTURES], work->out, NULL, error);
    steps.on = false; /* the next trap clears it */
    return status;
}

static void print(void)
{
    for (uintptr_t at = 0; at < steps.size; at++)
        if (steps.executed[at].times > 0)
            printf("%lx %u %u\n", (unsigned long)(at + steps.first - steps.bias),
                   steps.executed[at].times, steps.executed[at].crossings);
    printf("outside %llu\n", (unsigned long long)steps.outside);
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
    fputs("usage: steps ISA PIPELINE WIDTH HEIGHT PLANES BITS OPERANDS\n", stderr);
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
    free(steps.operands);
    free(steps.executed);
    return (int)status;
}
#else
int main(void)
{
    fputs("steps: only x86-64 processors are stepped\n", stderr);
    return TRI_NO_DEVICE;
}
#endif
