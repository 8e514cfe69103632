/* opencl_drivers.h -- the drivers behind OpenCL's loader: found without loading them, tried in a
 * separate process, and kept out of this one if they would end it. */
#ifndef TRI_OPENCL_DRIVERS_H
#define TRI_OPENCL_DRIVERS_H

#include "opencl.h"

#define DRIVERS_MAX 32

/* ---- opencl_drivers.c: what the loader would load ---- */

struct opencl_loader {
    char path[400]; /* the library that answers OpenCL calls */
    bool whole;     /* it is a driver itself and reads no .icd files */
};
void tri_opencl_loader(struct opencl_loader *loader);

/* Lists at most DRIVERS_MAX drivers, with `file` and `library` set; returns how many. `why`
 * explains if there is nothing to read. */
int tri_opencl_list_drivers(struct tri_driver_info drivers[DRIVERS_MAX], char *why, size_t size);

/* Makes a folder for the loader's OCL_ICD_VENDORS that names only these libraries; remove it with
 * tri_opencl_drop_vendors. */
bool tri_opencl_make_vendors(const struct tri_driver_info *drivers, int count, char *path,
                             size_t size);
void tri_opencl_drop_vendors(const char *path);
/* Makes the loader read only that folder. */
void tri_opencl_use_vendors(const char *path);

/* ---- opencl_driver_verdict.c: what earlier runs learnt about a driver ---- */

#define KEY_SIZE 16384
/* Everything a verdict depends on: environment, files, limits. */
void tri_verdict_key(const struct tri_driver_info *driver, const char *helper, char key[KEY_SIZE]);
bool tri_verdict_load(const char *key, struct tri_driver_info *driver);
void tri_verdict_store(const char *key, const struct tri_driver_info *driver);
/* Hold this while trying a driver, so that of several processes with a cold cache only one tries;
 * -1: there is no folder. */
int tri_verdict_lock(void);
void tri_verdict_unlock(int file);

/* ---- opencl_program_cache.c: programs not used in plain form ---- */

struct tri_opencl_kept {
    char device[200], driver[200], kernels[200];
    enum opencl_form form;
    bool refused;
    bool unbuilt; /* the driver does not compile the plain form */
};
/* Lists at most `room` of them; returns how many there are. `right` counts the programs used in
 * plain form, of all devices. */
int tri_opencl_list_kept(struct tri_opencl_kept *list, int room, int *right);

/* ---- opencl_driver_text.c: a driver and its devices as lines of text ---- */

void tri_report_line(FILE *to, const char *word, const char *value);
void tri_report_device(FILE *to, const struct tri_device_info *device);
void tri_report_driver(FILE *to, const struct tri_driver_info *driver);
/* Parses a line; false if it is not a known line. `step` is the child's last step, "end" after
 * everything. */
struct opencl_reading {
    struct tri_driver_info *driver;
    char step[40];
    int device; /* that the step is on; -1 before the first */
    bool no_memory;
};
bool tri_report_read(struct opencl_reading *reading, const char *line);

/* ---- opencl_driver_try.c: trying a driver ---- */

/* Fills in the rest of `driver`. Without a helper, uses a fork of this process. */
void tri_opencl_try_driver(struct tri_driver_info *driver, const char *helper);
/* Time limit of a try, in seconds. */
double tri_opencl_limit(void);
/* The program that tries drivers: the path of a `triptych`, or "". */
void tri_opencl_find_helper(char *path, size_t size);

/* ---- opencl_driver_child.c: within the child ---- */

#define PROBE_COMMAND "--opencl-probe"
#define REPORT_FILE 3
/* `vendors` is a folder from tri_opencl_make_vendors, or "" for the loader's own; `skips` lists
 * steps known to end the process, such as "lanes:0,device:1,". Returns the exit code. */
int tri_opencl_child(const char *library, const char *vendors, const char *skips);

#endif
