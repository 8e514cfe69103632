/* doctor.h -- within triptych doctor: what was found, and how it is told. */
#ifndef TRIPTYCH_CLI_DOCTOR_H
#define TRIPTYCH_CLI_DOCTOR_H

#include "backend/cache_folder.h"
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
    int driver_count, usable; /* devices */
    char none[400];           /* why there is no driver */
    char helper[4096];        /* the program that tries drivers; "": none */
    struct doctor_tool {
        const char *name, *purpose;
        char path[4200]; /* "": it is not on PATH */
    } tools[4];
    int tool_count;
    struct doctor_node { /* a file of a device */
        char path[64], group[40];
        bool usable; /* by this user */
    } nodes[NODES_MAX];
    int node_count;
    struct tri_cache_state cache;
    long long cache_bytes;
    int cache_files;
    struct tri_opencl_kept programs[PROGRAMS_MAX]; /* that are not used as they are: the first ones */
    int program_count, programs_right; /* of all */
    struct doctor_advice {
        char what[500], command[200];
    } advice[ADVICE_MAX];
    int advice_count;
    const char *variables[VARIABLES_MAX]; /* that OpenCL, its drivers or triptych go by, as the user has set them */
    int variable_count;
};

/* Fills it in; ends with doctor_free. */
enum tri_status doctor_examine(struct doctor *doctor, struct tri_error *error);
void doctor_free(struct doctor *doctor);

void doctor_print_text(const struct doctor *doctor, bool report);
void doctor_print_json(const struct doctor *doctor);

#endif
