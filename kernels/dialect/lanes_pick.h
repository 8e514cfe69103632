/* lanes_pick.h -- lanes of a table of 32-bit numbers, by lanes of indices. */

#if !defined(__OPENCL_VERSION__) && defined(NATIVE) && NATIVE >= 16
union lanes_words {
    u32 lanes;
    madd32 part[2 * NATIVES];
};
#if NATIVE == 32
#define GATHER_WORDS(zero, table, index) \
    __builtin_ia32_gathersiv16si(zero, table, index, (ushort)-1, 4)
#else
#define GATHER_WORDS(zero, table, index) \
    __builtin_ia32_gatherd_d256(zero, (const int *)(table), index, (zero) == (zero), 4)
#endif

INLINE u32 lanes_pick(GLOBAL const uint *table, u32 index)
{
    const union lanes_words from = {.lanes = index};
    const madd32 zero = {0};
    union lanes_words to;
#define GATHERED(i) \
    to.part[2 * (i)] = GATHER_WORDS(zero, table, from.part[2 * (i)]); \
    to.part[2 * (i) + 1] = GATHER_WORDS(zero, table, from.part[2 * (i) + 1]);
    EACH_NATIVE(GATHERED)
#undef GATHERED
    return to.lanes;
}
#else
INLINE u32 lanes_pick(GLOBAL const uint *table, u32 index)
{
    u32 result = index;
    for (int i = 0; i < LANES; i++)
        result[i] = table[index[i]];
    return result;
}
#endif
