/* host_symbols.h -- how a pass and the host part of a kernel file become symbols, in C. */
#include "../../host/pipeline/kernel_description.h"

/* Row functions are exported by name, level and depth; tri_pass_NAME collects them. */
#define SYMBOL(name, level, bits) tri_rows_##name##_##level##_##bits
#define SYMBOL_OF(name, level, bits) SYMBOL(name, level, bits)

#define ROW_FUNCTION(name, kind, IN, OUT) \
    static void name##_each_row(const struct tri_row *row); \
    const struct tri_rows SYMBOL_OF(name, LEVEL, BITS) = {name##_each_row, sizeof(IN##_e), \
                                                          sizeof(OUT##_e)}; \
    DESCRIBE_PASS(name, kind) \
    static void name##_each_row(const struct tri_row *row)

#ifdef HOST
#define EXTERN_ROWS(level, name) \
    extern const struct tri_rows tri_rows_##name##_##level##_8, tri_rows_##name##_##level##_16;
#define ROWS_8(level, name) &tri_rows_##name##_##level##_8,
#define ROWS_16(level, name) &tri_rows_##name##_##level##_16,
#define DESCRIBE_PASS(name, kind) \
    TRI_LEVELS(EXTERN_ROWS, name) \
    const struct tri_pass tri_pass_##name = { \
        #name, KERNEL_FILE, kind, {{TRI_LEVELS(ROWS_8, name)}, {TRI_LEVELS(ROWS_16, name)}}, 0};
#else
#define DESCRIBE_PASS(name, kind)
#endif
