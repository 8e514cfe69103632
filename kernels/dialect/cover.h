/* cover.h -- the passes of tri_graph_cover: an operation that chooses one of two samples, MIN or
 * MAX, over a window. */

#define COVER(name, CHOICE) \
    CHOOSE(name##_columns_3) \
    { \
        PUT(CHOICE(CHOICE(AT(0, -1), AT(0, 0)), AT(0, 1))); \
    } \
    CHOOSE(name##_columns_5) \
    { \
        PUT(CHOICE(CHOICE(CHOICE(AT(0, -2), AT(0, -1)), CHOICE(AT(0, 1), AT(0, 2))), AT(0, 0))); \
    } \
    CHOOSE(name##_columns_7) \
    { \
        PUT(CHOICE(CHOICE(CHOICE(AT(0, -3), AT(0, -2)), CHOICE(AT(0, 2), AT(0, 3))), \
                   CHOICE(CHOICE(AT(0, -1), AT(0, 1)), AT(0, 0)))); \
    } \
    /* Four rows, at distances that the plan knows. */ \
    CHOOSE(name##_columns) \
    { \
        PUT(CHOICE(CHOICE(AT(0, 0), AT(0, 1)), CHOICE(AT(0, 2), AT(0, 3)))); \
    } \
    CHOOSE(name##_rows_3) \
    { \
        PUT(CHOICE(CHOICE(AT(-1, 0), AT(0, 0)), AT(1, 0))); \
    } \
    CHOOSE(name##_rows_5) \
    { \
        PUT(CHOICE(CHOICE(CHOICE(AT(-2, 0), AT(-1, 0)), CHOICE(AT(1, 0), AT(2, 0))), AT(0, 0))); \
    } \
    CHOOSE(name##_rows_7) \
    { \
        PUT(CHOICE(CHOICE(CHOICE(AT(-3, 0), AT(-2, 0)), CHOICE(AT(2, 0), AT(3, 0))), \
                   CHOICE(CHOICE(AT(-1, 0), AT(1, 0)), AT(0, 0)))); \
    } \
    CHOOSE(name##_rows) \
    { \
        CONSTANT int *at = CONSTANTS(int); \
        PUT(CHOICE(CHOICE(AT(at[0], 0), AT(at[1], 0)), CHOICE(AT(at[2], 0), AT(at[3], 0)))); \
    } \
    FUSE(name##_3, name##_columns_3, name##_rows_3); \
    FUSE(name##_5, name##_columns_5, name##_rows_5); \
    FUSE(name##_7, name##_columns_7, name##_rows_7); \
    FUSE(name##_columns_rows_7, name##_columns, name##_rows_7)

#define COVER_PASSES(name) \
    &(struct tri_cover) \
    { \
        {&tri_pass_##name##_columns_3, &tri_pass_##name##_columns_5, \
         &tri_pass_##name##_columns_7}, \
            {&tri_pass_##name##_rows_3, &tri_pass_##name##_rows_5, &tri_pass_##name##_rows_7}, \
            {&tri_pass_##name##_3, &tri_pass_##name##_5, &tri_pass_##name##_7}, \
            &tri_pass_##name##_columns, &tri_pass_##name##_rows, &tri_pass_##name##_columns_rows_7 \
    }
