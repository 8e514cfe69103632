/* doctor.h -- internal to triptych doctor: the findings, and printing them. */
#ifndef TRIPTYCH_CLI_DOCTOR_H
#define TRIPTYCH_CLI_DOCTOR_H

#include "image/cache_folder.h"
#include "backend/opencl_drivers.h"
#include "measure/measure.h"

#define ADVICE_MAX 24
#define PROGRAMS_MAX 100
#define NODES_MAX 40
#define VARIABLES_MAX 100

struct doctor {
    struct tri_environment environment;
    char system[120]; /* the distribution */
    struct opencl_loader loader;
    const char *loader_name; /* or "" */
    struct tri_driver_info *drivers;
    int driver_count, usable; /* `usable` counts devices */
    char none[400];           /* why there is no driver */
    char helper[4096];        /* program that tries drivers; "": none */
    struct doctor_tool {
        const char *name, *purpose;
        char path[4200]; /* "": not on PATH */
    } tools[4];
    int tool_count;
    struct doctor_node { /* a device file */
        char path[64], group[40];
        bool usable; /* by this user */
    } nodes[NODES_MAX];
    int node_count;
    struct tri_cache_state cache;
    long long cache_bytes;
    int cache_files;
    /* the first of those that are not used in their plain form */
    struct tri_opencl_kept programs[PROGRAMS_MAX];
    int program_count, programs_right; /* totals */
    struct doctor_advice {
        char what[500], command[200];
    } advice[ADVICE_MAX];
    int advice_count;
    const char *variables[VARIABLES_MAX]; /* those that OpenCL, its drivers or triptych read, as the
                                             user set them */
    int variable_count;
};

/* Fills in `doctor`; release it with doctor_free. */
enum tri_status doctor_examine(struct doctor *doctor, struct tri_error *error);
void doctor_free(struct doctor *doctor);

void doctor_print_text(const struct doctor *doctor, bool report);
void doctor_print_json(const struct doctor *doctor);

#endif
