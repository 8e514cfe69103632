/* opencl_drivers.h -- the drivers behind OpenCL's loader: found without loading them, tried in a process of their own,
 * and kept out of this one where they would end it. */
#ifndef TRI_OPENCL_DRIVERS_H
#define TRI_OPENCL_DRIVERS_H

#include "opencl.h"

#define DRIVERS_MAX 32

/* ---- opencl_drivers.c: what the loader would load ---- */

struct opencl_loader {
    char path[400]; /* the library that answers to OpenCL's calls */
    bool whole;     /* it is a driver itself, and reads no .icd files */
};
void tri_opencl_loader(struct opencl_loader *loader);

/* At most DRIVERS_MAX, with `file` and `library` set; how many. `why` tells where there is nothing to read. */
int tri_opencl_list_drivers(struct tri_driver_info drivers[DRIVERS_MAX], char *why, size_t size);

/* A folder for the loader's OCL_ICD_VENDORS that names these libraries alone; tri_opencl_drop_vendors ends it. */
bool tri_opencl_make_vendors(const struct tri_driver_info *drivers, int count, char *path, size_t size);
void tri_opencl_drop_vendors(const char *path);
/* Makes the loader read that folder and nothing else. */
void tri_opencl_use_vendors(const char *path);

/* Sets the environment of POCL where the user has not. */
void tri_opencl_set_environment(void);

/* ---- opencl_verdict.c: what is known of a driver from before ---- */

#define KEY_SIZE 16384
/* All that a verdict rests on: environment, files, limits. */
void tri_verdict_key(const struct tri_driver_info *driver, const char *helper, char key[KEY_SIZE]);
bool tri_verdict_load(const char *key, struct tri_driver_info *driver);
void tri_verdict_store(const char *key, const struct tri_driver_info *driver);
/* Held while a driver is tried, so that of processes with a cold cache one tries; -1: there is no folder. */
int tri_verdict_lock(void);
void tri_verdict_unlock(int file);

/* ---- opencl_kept.c: programs that are not used as they are ---- */

struct tri_opencl_kept {
    char device[200], driver[200], kernels[200];
    enum opencl_form form;
    bool refused;
    bool unbuilt; /* the driver does not compile the plain form */
};
/* At most `room` of them; how many there are. `right`: of all devices, so many programs are used as they are. */
int tri_opencl_list_kept(struct tri_opencl_kept *list, int room, int *right);

/* ---- opencl_report.c: a driver and its devices as lines of text ---- */

void tri_report_line(FILE *to, const char *word, const char *value);
void tri_report_device(FILE *to, const struct tri_device_info *device);
void tri_report_driver(FILE *to, const struct tri_driver_info *driver);
/* Takes in a line; false: it is none. `step` is where a child was last, "end" after everything. */
struct opencl_reading {
    struct tri_driver_info *driver;
    char step[40];
    int device; /* on which the step is; -1 before the first */
    bool no_memory;
};
bool tri_report_read(struct opencl_reading *reading, const char *line);

/* ---- opencl_try.c: trying a driver ---- */

/* Fills in the rest of `driver`. Without a helper, in a fork of this process. */
void tri_opencl_try_driver(struct tri_driver_info *driver, const char *helper);
/* Seconds that a try may take. */
double tri_opencl_limit(void);
/* The program that tries drivers: the path of a `triptych`, or "". */
void tri_opencl_find_helper(char *path, size_t size);

/* ---- opencl_child.c: within the child ---- */

#define PROBE_COMMAND "--opencl-probe"
#define REPORT_FILE 3
/* `vendors` is a folder of tri_opencl_make_vendors, or "" for the loader's own; `skips` are steps that are known
 * to end the process, as "lanes:0,device:1,". Returns the exit code. */
int tri_opencl_child(const char *library, const char *vendors, const char *skips);

#endif
