/* own_symbols.h -- how a pass and the host part of a kernel file become parts of a shared object,
 * where the program compiles the file itself (host/pipeline/own_text.c); in place of
 * host_symbols.h. One object has one ISA level and depth, so the program fills in the rest of a
 * pass's table from other objects. */

#define ROW_FUNCTION(name, kind, IN, OUT) \
    static void name##_each_row(const struct tri_row *row); \
    DESCRIBE_PASS(name, kind) \
    static const struct tri_own_rows tri_own_rows_##name = { \
        #name, {name##_each_row, sizeof(IN##_e), sizeof(OUT##_e)}, PASS_OF(name)}; \
    static const struct tri_own_rows *const tri_own_listed_##name OWN_LISTED(tri_own_rows) = \
        &tri_own_rows_##name; \
    static void name##_each_row(const struct tri_row *row)

#ifdef HOST
#define PASS_OF(name) &tri_pass_##name
#define ROWS_8(level, name) &tri_own_table_##name[0][TRI_LEVEL_##level],
#define ROWS_16(level, name) &tri_own_table_##name[1][TRI_LEVEL_##level],
#define DESCRIBE_PASS(name, kind) \
    static struct tri_rows tri_own_table_##name[2][TRI_LEVEL_COUNT]; \
    struct tri_pass tri_pass_##name = { \
        #name, 0, kind, {{TRI_LEVELS(ROWS_8, name)}, {TRI_LEVELS(ROWS_16, name)}}, 0};
#else
#define PASS_OF(name) 0
#define DESCRIBE_PASS(name, kind)
#endif
