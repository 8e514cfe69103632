/* test_walk_components.c -- which nodes of a stage are walked together: those that share planes.
 * That the bytes are the same is for test_kernels.c and test_chains.c. */
#include "image/image.h"
#include "pipeline/plan.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

static bool reads(const struct walk_node *node, int channel)
{
    for (int k = 0; k < node->inputs; k++) {
        if (node->in[k] == channel)
            return true;
    }
    return false;
}

/* A node makes a plane before another reads it, and in the same component. */
static void check_order(const struct tri_stage *stage)
{
    CU_ASSERT_TRUE(stage->node_count == 0 || stage->nodes[0].apart);
    for (int i = 0; i < stage->node_count; i++) {
        for (int o = 0; o < stage->nodes[i].outputs; o++) {
            bool together = true;
            for (int j = 0; j < stage->node_count; j++) {
                together = together && (j <= i || !stage->nodes[j].apart);
                if (reads(&stage->nodes[j], stage->nodes[i].out[o]))
                    CU_ASSERT_TRUE(j > i && together);
            }
        }
    }
}

/* Components of all stages; 0: no plan. */
static int components_of(const char *text, int planes)
{
    const struct tri_shape shape = {600, 400, planes, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_plan *plan = NULL;
    struct tri_error error;
    int count = 0;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, &error), TRI_OK);
    if (tri_plan_make(pipeline, &shape, TRI_PLAN_WALK, NULL, &plan, &error) != TRI_OK)
        printf("\n%s: %s\n", text, error.text);
    for (int s = 0; plan != NULL && s < plan->stage_count; s++) {
        check_order(&plan->stages[s]);
        for (int i = 0; i < plan->stages[s].node_count; i++)
            count += plan->stages[s].nodes[i].apart;
    }
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
    return count;
}

static void test_planes(void)
{
    CU_ASSERT_EQUAL(components_of("gaussian:sigma=1,sobel,invert", 1), 1);
    CU_ASSERT_EQUAL(components_of("gaussian:sigma=1,sobel,invert", 3), 3);
    CU_ASSERT_EQUAL(components_of("box:radius=15", 3), 3);
    CU_ASSERT_EQUAL(components_of("invert", 4), 4); /* alpha is copied */
}

/* A result of several planes joins what makes them. */
static void test_colours(void)
{
    CU_ASSERT_EQUAL(components_of("ycbcr", 3), 1);
    CU_ASSERT_EQUAL(components_of("box:radius=2,gray,sobel", 3), 1);
    CU_ASSERT_EQUAL(components_of("box:radius=15", 4), 1); /* colours are weighted by alpha */
}

int test_walk_components_suite(void)
{
    CU_pSuite suite = CU_add_suite("walk_components", NULL, NULL);
    return !(suite && CU_add_test(suite, "planes of their own", test_planes) &&
             CU_add_test(suite, "planes that meet", test_colours));
}
