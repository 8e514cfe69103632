/* record.h -- records one run of a backend for the timeline of a report. */
#ifndef TRIPTYCH_REPORT_RECORD_H
#define TRIPTYCH_REPORT_RECORD_H

#include "report/report.h"

/* Opens the backend anew, runs the pipeline a few times on `in`, and records the last run.
 * TRI_USAGE: a recording runs already. TRI_FAILED, TRI_NO_DEVICE: it cannot run, or nothing was
 * recorded. Free with tri_page_timeline_free, also after a failure. */
enum tri_status tri_page_timeline_record(const struct tri_backend_info *info,
                                         const struct tri_pipeline *pipeline, struct tri_image *in,
                                         struct tri_page_timeline *timeline,
                                         struct tri_error *error);
void tri_page_timeline_free(struct tri_page_timeline *timeline);

#endif
