/* registry.h -- the sources of the kernels and the dialect, embedded by the build for OpenCL. */
#ifndef TRI_REGISTRY_H
#define TRI_REGISTRY_H

struct tri_source {
    const char *file; /* without folder and extension: "gaussian" */
    const char *text;
};
extern const struct tri_source tri_sources[]; /* ends with file NULL */
const char *tri_source_find(const char *file);

#endif
