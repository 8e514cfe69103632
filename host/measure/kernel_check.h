/* kernel_check.h -- checks of kernel files: their known answer, and the rules of exactness. */
#ifndef TRI_KERNEL_CHECK_H
#define TRI_KERNEL_CHECK_H

#include "backend/native_check.h"

/* Runs a kernel's known answer on sequential scalar. TRI_DIFFERS: it gives another. */
enum tri_status tri_known_check(const struct tri_kernel *kernel, struct tri_error *error);

/* Runs a pipeline with checks on inputs; successive inputs of one shape are successive frames.
 * Inputs that it does not accept are left out. */
enum tri_status tri_check_pipeline(const char *pipeline, struct tri_image *const *inputs,
                                   int input_count, struct tri_findings *findings,
                                   struct tri_error *error);

/* Adds words in a kernel file's bodies that exactness forbids. */
void tri_check_words(const struct tri_kernel *kernel, struct tri_findings *findings);

#endif
