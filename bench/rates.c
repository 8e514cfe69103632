/* rates.c -- what the units of a core reach, for bench/limits.py: instructions that wait for
 * nothing, each kind alone, at each width of vectors that the CPU has.
 *
 * Prints a line "KIND BYTES RATE" for each: instructions per nanosecond, the best of a few runs.
 * Where BYTES is 8, the registers are not vectors. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
enum { REPEATS = 25, BLOCK = 16, ROUNDS = 20000, MEMORY = 16384 };

/* Sources are registers 0 and 1, and the results go to others: nothing waits. */
#define EIGHT(X, V) X(V, 2) X(V, 3) X(V, 4) X(V, 5) X(V, 6) X(V, 7) X(V, 8) X(V, 9)
#define SIXTEEN(X, V) EIGHT(X, V) EIGHT(X, V)
#define OF_THREE(name, V, r) name " %%" V "0, %%" V "1, %%" V #r "\n"
#define OF_TWO(name, V, r) name " %%" V "0, %%" V #r "\n"

#define CHOOSE(V, r) OF_THREE("vpminub", V, r)
#define MULTIPLY(V, r) OF_THREE("vpmaddwd", V, r)
#define MULTIPLY_FLOAT(V, r) OF_THREE("vmulps", V, r)
#define DIVIDE(V, r) OF_THREE("vdivps", V, r)
#define SHUFFLE(V, r) OF_THREE("vpermd", V, r)
#define SHUFFLE_BYTES(V, r) OF_THREE("vpermb", V, r)
#define SHUFFLE_LANE(V, r) OF_THREE("vpshufb", V, r)
#define PACK(V, r) OF_THREE("vpackuswb", V, r)
#define CONVERT_FLOAT(V, r) OF_TWO("vcvtdq2ps", V, r)
#define SHIFT(V, r) "vpsrlw $1, %%" V "0, %%" V #r "\n"
/* Its source is half as wide. */
#define CONVERT_ymm(V, r) "vpmovzxbw %%xmm0, %%ymm" #r "\n"
#define CONVERT_zmm(V, r) "vpmovzxbw %%ymm0, %%zmm" #r "\n"
#define LOAD_ymm(V, r) "vmovdqu " #r "*64(%[at]), %%ymm" #r "\n"
#define LOAD_zmm(V, r) "vmovdqu64 " #r "*64(%[at]), %%zmm" #r "\n"
#define CROSS_ymm(V, r) "vmovdqu 48+" #r "*64(%[at]), %%ymm" #r "\n"
#define CROSS_zmm(V, r) "vmovdqu64 48+" #r "*64(%[at]), %%zmm" #r "\n"
#define STORE_ymm(V, r) "vmovdqu %%ymm0, " #r "*64(%[at])\n"
#define STORE_zmm(V, r) "vmovdqu64 %%zmm0, " #r "*64(%[at])\n"
#define GATHER_ymm(V, r) \
    "vpcmpeqd %%ymm1, %%ymm1, %%ymm1\nvpgatherdd %%ymm1, (%[at],%%ymm0,4), %%ymm" #r "\n"
#define GATHER_zmm(V, r) \
    "kxnorw %%k1, %%k1, %%k1\nvpgatherdd (%[at],%%zmm0,4), %%zmm" #r "%{%%k1%}\n"
#define LOOKUP(V, r) "movzbl " #r "(%[at],%[in]), %%eax\n"
#define OTHER(V, r) "lea " #r "(%[in]), %%eax\n"
#define ANY(V, r) "nop\n"

/* Zeros are numbers that nothing slows down, and safe as positions. */
#define ZERO "vpxor %%xmm0, %%xmm0, %%xmm0\nvpxor %%xmm1, %%xmm1, %%xmm1\n"
#define LOOP(name, X, V, zero, target) \
    target static void name(unsigned char *at) \
    { \
        __asm__ volatile(zero ::: "xmm0", "xmm1"); \
        for (long i = 0; i < ROUNDS; i++) \
            __asm__ volatile(SIXTEEN(X, V)::[at] "r"(at), [in] "r"(i & 63) \
                             : "rax", "memory", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
                               "xmm8", "xmm9"); \
    }
#define NARROW(name, X) LOOP(name##_32, X, "ymm", ZERO, __attribute__((target("avx2"))))
#define WIDE(name, X) \
    LOOP(name##_64, X, "zmm", ZERO, \
         __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,prefer-vector-width=512"))))
#define BOTH(name, X) NARROW(name, X) WIDE(name, X)

BOTH(choose, CHOOSE)
BOTH(multiply, MULTIPLY)
BOTH(multiply_float, MULTIPLY_FLOAT)
BOTH(divide, DIVIDE)
BOTH(shuffle, SHUFFLE)
WIDE(shuffle_bytes, SHUFFLE_BYTES)
BOTH(shuffle_lane, SHUFFLE_LANE)
BOTH(pack, PACK)
BOTH(convert_float, CONVERT_FLOAT)
BOTH(shift, SHIFT)
NARROW(convert, CONVERT_ymm)
WIDE(convert, CONVERT_zmm)
NARROW(load, LOAD_ymm)
WIDE(load, LOAD_zmm)
NARROW(cross, CROSS_ymm)
WIDE(cross, CROSS_zmm)
NARROW(store, STORE_ymm)
WIDE(store, STORE_zmm)
NARROW(gather, GATHER_ymm)
WIDE(gather, GATHER_zmm)
#define PLAIN
LOOP(lookup, LOOKUP, "", "", PLAIN)
LOOP(other, OTHER, "", "", PLAIN)
LOOP(any, ANY, "", "", PLAIN)

/* As a histogram counts noise: each value somewhere else. */
static void increment(unsigned char *at)
{
    uint32_t random = 1;

    for (long i = 0; i < ROUNDS; i++)
        for (int j = 0; j < BLOCK; j += 4) {
            const uint32_t value = random = random * 1664525 + 1013904223;
            __asm__ volatile("incl (%0,%1,4)\nincl 1024(%0,%2,4)\n"
                             "incl 2048(%0,%3,4)\nincl 3072(%0,%4,4)\n" ::"r"(at),
                             "r"((uint64_t)(value & 255)), "r"((uint64_t)(value >> 8 & 255)),
                             "r"((uint64_t)(value >> 16 & 255)), "r"((uint64_t)(value >> 24))
                             : "memory");
        }
}

enum need { NEED_NOTHING, NEED_AVX2, NEED_AVX512, NEED_VBMI };
static const struct kind {
    const char *name;
    int bytes;
    enum need need;
    void (*run)(unsigned char *at);
} kinds[] = {
#define ENTRIES(name) \
    {#name, 32, NEED_AVX2, name##_32}, \
    { \
#name, 64, NEED_AVX512, name##_64 \
    }
    ENTRIES(load),
    ENTRIES(cross),
    ENTRIES(store),
    ENTRIES(choose),
    ENTRIES(multiply),
    ENTRIES(multiply_float),
    ENTRIES(divide),
    ENTRIES(shuffle),
    {"shuffle_bytes", 64, NEED_VBMI, shuffle_bytes_64},
    ENTRIES(shuffle_lane),
    ENTRIES(pack),
    ENTRIES(convert),
    ENTRIES(convert_float),
    ENTRIES(shift),
    ENTRIES(gather),
    {"lookup", 8, NEED_NOTHING, lookup},
    {"increment", 8, NEED_NOTHING, increment},
    {"other", 8, NEED_NOTHING, other},
    {"any", 8, NEED_NOTHING, any},
};

static int has(enum need need)
{
    switch (need) {
    case NEED_AVX2:
        return __builtin_cpu_supports("avx2");
    case NEED_AVX512:
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    case NEED_VBMI:
        return __builtin_cpu_supports("avx512vbmi");
    default:
        return 1;
    }
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double rate(const struct kind *kind, unsigned char *memory)
{
    double best = 0;

    for (int i = 0; i < REPEATS; i++) {
        const double start = now();
        kind->run(memory);
        const double reached = (double)ROUNDS * BLOCK / (now() - start);
        best = reached > best ? reached : best;
    }
    return best;
}

int main(void)
{
    unsigned char *memory = aligned_alloc(64, MEMORY);

    if (memory == NULL) {
        fputs("rates: out of memory\n", stderr);
        return 1;
    }
    for (int i = 0; i < MEMORY; i++)
        memory[i] = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (has(kinds[i].need))
            printf("%s %d %.4f\n", kinds[i].name, kinds[i].bytes, rate(&kinds[i], memory));
    free(memory);
    return 0;
}
#else
int main(void)
{
    fputs("rates: only x86-64 processors are measured\n", stderr);
    return 4;
}
#endif
