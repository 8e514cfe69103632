/* lanes_lookup.h -- samples of 8 bits through a table: permutations of the table's bytes, where the
 * CPU has them, in place of a load for each sample. */

#if BITS == 8 && defined(NATIVE) && NATIVE >= 16
#define LOOKUP_LANES
typedef uchar table_bytes __attribute__((ext_vector_type(16)));
typedef ushort table_words __attribute__((ext_vector_type(16)));
typedef struct __attribute__((packed, may_alias)) {
    table_words v;
} table_words_at;

typedef struct __attribute__((packed, may_alias)) {
    table_bytes v;
} table_bytes_at;

/* Entries 16 * i to 16 * i + 15 of a table of 256 ushorts, or uchars. */
INLINE table_bytes table_part(GLOBAL const uchar *table, int i)
{
    return __builtin_convertvector(((GLOBAL const table_words_at *)table)[i].v, table_bytes);
}
INLINE table_bytes table_part_bytes(GLOBAL const uchar *table, int i)
{
    return ((GLOBAL const table_bytes_at *)table)[i].v;
}

#if defined(__AVX512VBMI__) && NATIVE == 32
/* A permutation takes 128 entries, so two make the table. */
struct lookup {
    union {
        table_bytes part[4];
        u8 lanes;
        char bits __attribute__((__vector_size__(64)));
    } quarter[4];
};

INLINE void lookup_load(struct lookup *lookup, GLOBAL const uchar *table)
{
    for (int i = 0; i < 16; i++)
        lookup->quarter[i / 4].part[i % 4] = table_part(table, i);
}

INLINE void lookup_load_bytes(struct lookup *lookup, GLOBAL const uchar *table)
{
    for (int i = 0; i < 16; i++)
        lookup->quarter[i / 4].part[i % 4] = table_part_bytes(table, i);
}

INLINE u8 lookup_lanes(const struct lookup *lookup, u8 v)
{
    union {
        u8 lanes;
        char bits __attribute__((__vector_size__(64)));
    } at, low, high;
    at.lanes = v;
    low.bits =
        __builtin_ia32_vpermi2varqi512(lookup->quarter[0].bits, at.bits, lookup->quarter[1].bits);
    high.bits =
        __builtin_ia32_vpermi2varqi512(lookup->quarter[2].bits, at.bits, lookup->quarter[3].bits);
    return v < (u8)(128) ? low.lanes : high.lanes;
}
#else
/* Shuffles look the low four bits up in all sixteen parts; a tree of choices by the high bits
 * follows. */
#define LOOKUP_BYTES (NATIVE * 2)
typedef uchar lookup_bytes __attribute__((ext_vector_type(LOOKUP_BYTES)));
typedef char lookup_bits __attribute__((__vector_size__(LOOKUP_BYTES)));
union lookup_register {
    lookup_bytes bytes;
    lookup_bits bits;
    table_bytes part[LOOKUP_BYTES / 16];
};
struct lookup {
    union lookup_register part[16];
};

INLINE void lookup_load(struct lookup *lookup, GLOBAL const uchar *table)
{
    for (int i = 0; i < 16; i++) {
        for (int k = 0; k < LOOKUP_BYTES / 16; k++)
            lookup->part[i].part[k] = table_part(table, i);
    }
}

INLINE void lookup_load_bytes(struct lookup *lookup, GLOBAL const uchar *table)
{
    for (int i = 0; i < 16; i++) {
        for (int k = 0; k < LOOKUP_BYTES / 16; k++)
            lookup->part[i].part[k] = table_part_bytes(table, i);
    }
}

#if NATIVE == 32
#define LOOKUP_SHUFFLE __builtin_ia32_pshufb512
#else
#define LOOKUP_SHUFFLE __builtin_ia32_pshufb256
#endif

INLINE lookup_bytes lookup_part(const struct lookup *lookup, int i, lookup_bytes low)
{
    union lookup_register at;
    at.bytes = low;
    at.bits = LOOKUP_SHUFFLE(lookup->part[i].bits, at.bits);
    return at.bytes;
}

INLINE lookup_bytes lookup_register(const struct lookup *lookup, lookup_bytes v)
{
    const lookup_bytes low = v & (lookup_bytes)(15), none = (lookup_bytes)(0);
#define BIT(bit) ((v & (lookup_bytes)(bit)) != none)
#define LEAF(i) (BIT(16) ? lookup_part(lookup, (i) + 1, low) : lookup_part(lookup, i, low))
#define FOUR(i) (BIT(32) ? LEAF((i) + 2) : LEAF(i))
#define EIGHT(i) (BIT(64) ? FOUR((i) + 4) : FOUR(i))
    return BIT(128) ? EIGHT(8) : EIGHT(0);
#undef EIGHT
#undef FOUR
#undef LEAF
#undef BIT
}

INLINE u8 lookup_lanes(const struct lookup *lookup, u8 v)
{
    union {
        u8 lanes;
        lookup_bytes native[LANES / LOOKUP_BYTES];
    } made;
    made.lanes = v;
    for (int i = 0; i < LANES / LOOKUP_BYTES; i++)
        made.native[i] = lookup_register(lookup, made.native[i]);
    return made.lanes;
}
#endif
#endif
