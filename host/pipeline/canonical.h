/* canonical.h -- one spelling for each pipeline, to tell whether two texts mean the same. */
#ifndef TRI_CANONICAL_H
#define TRI_CANONICAL_H

struct tri_pipeline;

/* Returns the pipeline with every parameter by name, in order, and without blanks around words;
 * NULL if memory runs out. Pipelines are the same exactly if these texts are. The caller frees it.
 */
char *tri_pipeline_canonical(const struct tri_pipeline *pipeline);

#endif
