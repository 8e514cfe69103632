/* reproduce.c -- saves inputs to files, with commands that reproduce a failure. */
#include "reproduce.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder(void)
{
    static char made[] = "/tmp/triptych-failed-XXXXXX";
    static const char *name;

    if (!name)
        name = mkdtemp(made);
    return name;
}

/* Tests of kernels are named after them. */
void reproduce_test(void)
{
    const char *test = CU_get_current_test()->pName;
    char name[100], command[300];

    test_command(command);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(test, ":"), test);
    printf("    again: TRIPTYCH_SEED=%llu ", (unsigned long long)rig.seed);
    if (rig.full || rig.quick)
        printf("TRIPTYCH_TESTS=%s ", rig.full ? "full" : "quick");
    if (tri_kernel_find(name))
        printf("TRIPTYCH_KERNEL=%s ", name);
    printf("%s\n", command);
}

void reproduce_run(const char *pipeline, const struct place *place, struct tri_image *const *frames,
                   int count)
{
    static int number;
    const char *in = folder(), *program = getenv("TRIPTYCH"), *inputs = count > 1 ? "*" : "01",
               *outputs = count > 1 ? "-%02d" : "";
    struct tri_error error;
    char path[200];

    if (!in || count == 0)
        return;
    number++;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%d-%02d.pam", in, number, i + 1);
        if (tri_image_write(path, frames[i], NULL, &error)) {
            printf("    %s\n", error.text);
            return;
        }
    }
    printf("    alone: %s%s%s run %s %s/%d-%s.pam -o %s/out-%d%s.pam --on %s", place->environment,
           place->environment[0] ? " " : "", program ? program : "triptych", pipeline, in, number,
           inputs, in, number, outputs, place->on);
    if (place->isa)
        printf(" --isa %s", place->isa);
    printf("\n");
}
