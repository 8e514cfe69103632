/* timeline_chart.h -- a recorded timeline as a chart of a page. */
#ifndef TRIPTYCH_TIMELINE_CHART_H
#define TRIPTYCH_TIMELINE_CHART_H

#include "trace/timeline.h"

/* Writes a legend, and an SVG with a lane for each thread and queue. */
void tri_chart_timeline(FILE *file, const char *label, const struct tri_timeline *timeline);

#endif
