/* test_fuse.c -- which passes become one: plans with as many nodes as expected. That the bytes stay
 * the same is for test_kernels.c. */
#include "image/image.h"
#include "pipeline/plan.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

/* Nodes of all stages, if up to `fused` channels may be between two passes; 0: no plan. */
static int nodes_of(const char *text, int width, enum tri_plan_kind kind, int fused)
{
    const struct tri_shape shape = {width, 100000, 1, 8};
    const struct tri_walk_options options = {.fused = fused};
    struct tri_pipeline *pipeline = NULL;
    struct tri_plan *plan = NULL;
    struct tri_error error;
    int nodes = 0;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, &error), TRI_OK);
    if (tri_plan_make(pipeline, &shape, kind, &options, &plan, &error) != TRI_OK)
        printf("\n%s: %s\n", text, error.text);
    for (int s = 0; plan != NULL && s < plan->stage_count; s++)
        nodes += plan->stages[s].node_count;
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
    return nodes;
}

static void test_room(void)
{
    CU_ASSERT_EQUAL(nodes_of("median:radius=1", 600, TRI_PLAN_WALK, 0), 2);
    CU_ASSERT_EQUAL(nodes_of("median:radius=1", 600, TRI_PLAN_WALK, 2), 2);
    CU_ASSERT_EQUAL(nodes_of("median:radius=1", 600, TRI_PLAN_WALK, 3), 1);
    CU_ASSERT_EQUAL(nodes_of("median:radius=2", 600, TRI_PLAN_WALK, 3), 2);
    CU_ASSERT_EQUAL(nodes_of("median:radius=2", 600, TRI_PLAN_WALK, 5), 1);
}

static void test_chains(void)
{
    CU_ASSERT_EQUAL(nodes_of("dilate:radius=3,erode:radius=2,invert", 600, TRI_PLAN_WALK, 5), 3);
    /* Columns, columns with rows, rows. */
    CU_ASSERT_EQUAL(nodes_of("dilate:radius=7", 600, TRI_PLAN_WALK, 0), 4);
    CU_ASSERT_EQUAL(nodes_of("dilate:radius=7", 600, TRI_PLAN_WALK, 5), 3);
}

/* Tiles keep what is between in local memory; packed rows are copied for what reaches sideways. */
static void test_elsewhere(void)
{
    CU_ASSERT_EQUAL(nodes_of("median:radius=1", 600, TRI_PLAN_TILES, 5), 2);
    CU_ASSERT_TRUE(tri_shape_packed(&(struct tri_shape){1, 100000, 1, 8}));
    CU_ASSERT_EQUAL(nodes_of("median:radius=1", 1, TRI_PLAN_WALK, 5), 2);
}

int test_fuse_suite(void)
{
    CU_pSuite suite = CU_add_suite("fuse", NULL, NULL);
    return !(suite && CU_add_test(suite, "by the room in registers", test_room) &&
             CU_add_test(suite, "in chains", test_chains) &&
             CU_add_test(suite, "tiles and packed rows", test_elsewhere));
}
