/* registry.c -- all kernels, as listed by the build from kernels/, and their sources. */
#include "kernel_description.h"
#include "own.h"
#include "registry.h"

#include <string.h>

#define KERNEL_ENTRY(name, family) extern const struct tri_kernel tri_kernel_##name;
#include "registry_list.h"
#undef KERNEL_ENTRY

static const struct entry {
    const struct tri_kernel *kernel;
    const char *family;
} entries[] = {
#define KERNEL_ENTRY(name, family) {&tri_kernel_##name, #family},
#include "registry_list.h"
#undef KERNEL_ENTRY
};

int tri_kernel_count(void)
{
    return (int)(sizeof entries / sizeof entries[0]);
}

const struct tri_kernel *tri_kernel_at(int index)
{
    return index >= 0 && index < tri_kernel_count() ? entries[index].kernel : NULL;
}

const struct tri_kernel *tri_kernel_find(const char *name)
{
    for (int i = 0; i < tri_kernel_count(); i++) {
        if (strcmp(entries[i].kernel->about->name, name) == 0)
            return entries[i].kernel;
    }
    return NULL;
}

const char *tri_kernel_name(const struct tri_kernel *kernel)
{
    return kernel->about->name;
}

const char *tri_kernel_family(const struct tri_kernel *kernel)
{
    for (int i = 0; i < tri_kernel_count(); i++) {
        if (entries[i].kernel == kernel)
            return entries[i].family;
    }
    return kernel->own != NULL ? tri_own_path(kernel->own) : "";
}

const char *tri_kernel_summary(const struct tri_kernel *kernel)
{
    return kernel->about->summary;
}

const char *tri_kernel_help(const struct tri_kernel *kernel)
{
    return kernel->about->help;
}

const char *tri_kernel_example(const struct tri_kernel *kernel)
{
    return kernel->about->example;
}

int tri_kernel_param_count(const struct tri_kernel *kernel)
{
    int count = 0;
    while (kernel->about->params[count].name != NULL)
        count++;
    return count;
}

const struct tri_param *tri_kernel_param(const struct tri_kernel *kernel, int index)
{
    return index >= 0 && index < tri_kernel_param_count(kernel) ? &kernel->about->params[index]
                                                                : NULL;
}

const char *tri_source_find(const char *file)
{
    for (const struct tri_source *source = tri_sources; source->file != NULL; source++) {
        if (strcmp(source->file, file) == 0)
            return source->text;
    }
    return tri_own_source(file);
}
