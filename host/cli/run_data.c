/* run_data.c -- --data of pictures: what kernels report, kept until all pictures are through, as
 * they end in any order. */
#include "batch/batch.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/run.h"
#include "image/data_table.h"
#include "image/image.h"
#include "pipeline/graph.h"

#include <stdlib.h>
#include <string.h>

struct cli_data_part {
    int file;    /* number of the input */
    long number; /* of the picture in it */
    char *name, *text;
};

bool cli_data_is_json(const struct cli_run_request *request)
{
    return request->data_format == CLI_DATA_AUTO ? tri_data_table_is_json(request->data)
                                                 : request->data_format == CLI_DATA_JSON;
}

static bool make_room(struct cli_data *data)
{
    const int room = data->room > 0 ? 2 * data->room : 16;

    if (data->count < data->room)
        return true;
    struct cli_data_part *more = realloc(data->parts, (size_t)room * sizeof *more);
    if (more == NULL)
        return false;
    data->parts = more;
    data->room = room;
    return true;
}

void cli_data_add(struct cli_data *data, int file, const struct tri_batch_result *result)
{
    if (data == NULL || result->data == NULL)
        return;
    if (!make_room(data)) {
        data->failed = true;
        return;
    }
    struct cli_data_part *part = &data->parts[data->count++];
    *part = (struct cli_data_part){file, result->number, strdup(result->file->from),
                                   strdup(result->data)};
    data->failed |= part->name == NULL || part->text == NULL;
}

static int by_input(const void *first, const void *second)
{
    const struct cli_data_part *a = first, *b = second;

    return a->file != b->file ? (a->file > b->file) - (a->file < b->file)
                              : (a->number > b->number) - (a->number < b->number);
}

static enum tri_status put_all(const struct cli_data *data, struct tri_data_table *table,
                               struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < data->count && status == TRI_OK; i++)
        status = tri_data_table_put(table, data->parts[i].name, data->parts[i].text, error);
    const enum tri_status ended = tri_data_table_end(table, status == TRI_OK ? error : NULL);
    return status == TRI_OK ? ended : status;
}

enum tri_status cli_data_write(const struct cli_run_request *request,
                               const struct tri_pipeline *pipeline, struct tri_error *error)
{
    struct cli_data *data = request->collected;
    struct tri_output output;

    if (data->failed)
        return tri_fail(error, TRI_FAILED, "out of memory for the data of %s", request->data);
    qsort(data->parts, (size_t)data->count, sizeof *data->parts, by_input);
    cli_write_begin();
    enum tri_status status = tri_output_open(request->data, &output, error);
    struct tri_data_table table = {.file = output.file,
                                   .name = output.name,
                                   .json = cli_data_is_json(request),
                                   .key = "file",
                                   .columns = pipeline->data_columns,
                                   .merge = pipeline->data_merge};
    if (status == TRI_OK)
        status = tri_output_close(&output, put_all(data, &table, error), error);
    cli_write_end();
    return status;
}

void cli_data_free(struct cli_data *data)
{
    for (int i = 0; i < data->count; i++) {
        free(data->parts[i].name);
        free(data->parts[i].text);
    }
    free(data->parts);
    *data = (struct cli_data){0};
}
