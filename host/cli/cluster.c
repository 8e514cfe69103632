/* cluster.c -- triptych cluster: the work of `run` dealt to the ranks of an MPI job. */
#include "cluster/cluster.h"
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/cluster_setup.h"
#include "cli/outputs.h"
#include "cli/picture_options.h"
#include "cli/run.h"
#include "cluster/agree.h"
#include "cluster/deal.h"
#include "video/video.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char intro[] =
    "Examples:\n"
    "  mpirun -n 4 triptych cluster gaussian:sigma=2,sobel photos/ -o edges/\n"
    "  mpirun -hostfile hosts triptych cluster equalize map.tif -o flat.tif\n"
    "  mpirun -n 8 triptych cluster gray,threshold clip.mp4 -o clip.mkv\n"
    "  srun -n 64 triptych cluster sharpen scans/ -o out/ --resume\n"
    "\n"
    "Usage: mpirun [MPIRUN'S OPTIONS] triptych cluster PIPELINE INPUT... -o OUTPUT\n"
    "         [OPTION]...\n"
    "\n"
    "Deals work to processes on one or many machines, as each gets free: pictures and\n"
    "folders; the frames of one clip; or, of one PNM or TIFF file, parts of some rows,\n"
    "so that no process needs memory for the whole picture. Results have the same bytes\n"
    "for any number of processes. All machines need the same triptych and file system.\n";

struct request {
    const char *output, *isa;
    struct cli_list on;
    uint64_t max_pixels, jobs, rows;
    struct tri_write_options write;
    bool resume, strip, quiet, verbose;
};

/* ---- options ---- */

static bool set_format(const char *text, void *of)
{
    return cli_set_format("cluster", text, &((struct request *)of)->write.format);
}

static bool set_background(const char *text, void *of)
{
    return cli_set_background("cluster", text, &((struct request *)of)->write.background);
}

#define FLAG(member) CLI_SETS_FLAG(struct request, member)

static const struct cli_option options[] = {
    {"output", 'o', "OUTPUT", "a file, a folder (out/), or a pattern such as out-%04d.png",
     CLI_SETS_TEXT(struct request, output), .file = true},
    {"resume", 0, NULL,
     "keep what an earlier run has finished: pictures that are newer than their inputs, and parts "
     "of a PNM file",
     FLAG(resume)},
    {"on", 0, "BACKEND",
     "what computes, as in 'triptych run'; given several times, the ranks of each machine take "
     "them in turns; default: threads, as many as are a rank's share of the cores",
     CLI_ADDS_TO(struct request, on), .words = CLI_BACKENDS},
    {"isa", 0, "ISA", "instruction set of sequential and threads",
     CLI_SETS_TEXT(struct request, isa), .more_words = cli_isa_words},
    {"jobs", 0, "N", "pictures that a rank has in flight; default one for each of its threads",
     CLI_SETS_COUNT(struct request, jobs, 1, CLI_JOBS_MAX)},
    {"rows", 0, "N", "rows of each part of one picture; default as suits its width",
     CLI_SETS_COUNT(struct request, rows, 1, TRI_SIDE_MAX)},
    {"format", 0, "FORMAT", "format of pictures, instead of that of the extension",
     CLI_CALLS(set_format), .more_words = cli_format_words},
    {"background", 0, "C", "colour behind transparent pictures where the output stores no alpha",
     CLI_CALLS(set_background), .more_words = cli_background_words},
    {"strip", 0, NULL, "write no metadata", FLAG(strip)},
    {"max-pixels", 0, "N",
     "refuse larger pictures and frames, except those computed in parts; default 268435456",
     CLI_SETS_COUNT(struct request, max_pixels, 1, UINT64_MAX)},
    {"quiet", 'q', NULL, "no notes", FLAG(quiet)},
    {"verbose", 'v', NULL, "say who takes part, and what was read, sent and computed",
     FLAG(verbose)},
    {0},
};

static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

/* ---- messages, on rank 0 ---- */

static void note(const char *text)
{
    cli_note("%s", text);
}

static void no_note(const char *text)
{
    (void)text;
}

static void fail(const struct tri_error *error)
{
    cli_fail(error);
}

static void say_summary(const struct tri_cluster_job *job)
{
    const struct tri_cluster_summary *summary = &job->summary;
    cli_say("%ld of %ld done, %ld kept, %ld failed, in %.3f s; ranks took %ld to %ld each",
            summary->done, summary->items, summary->kept, summary->failed,
            (double)summary->wall_ns / 1e9, summary->rank_items_least, summary->rank_items_most);
    if (summary->read_bytes > 0)
        cli_say("read %.1f MB of rows, %.1f MB of them halos", (double)summary->read_bytes / 1e6,
                (double)summary->halo_bytes / 1e6);
    cli_say("sent %lld messages, %.1f MB; rank 0 waited %.3f s for tasks",
            (long long)summary->messages, (double)summary->message_bytes / 1e6,
            (double)summary->waited_ns / 1e9);
}

/* ---- the work ---- */

enum kind { PICTURES = 'p', CLIP = 'c', LARGE = 'l' };

/* What rank 0 has found that there is to do; the texts are in `parcel`. */
struct plan {
    struct tri_parcel parcel;
    enum kind kind;
    const char *from, *to;
    struct cli_inputs inputs;
    struct cli_outputs outputs;
};

static enum tri_status choose(const struct cli_inputs *inputs, const struct cli_outputs *outputs,
                              enum kind *kind, struct tri_error *error)
{
    const bool alone = inputs->count == 1 && !inputs->folders;
    *kind = PICTURES;
    if (alone && inputs->list[0].video && !tri_video_writes(outputs->paths[0], NULL) &&
        !outputs->numbered)
        return tri_fail(error, TRI_USAGE, "cluster: '%s' is a clip, but '%s' is not",
                        inputs->list[0].path, outputs->paths[0]);
    if (alone && inputs->list[0].video)
        *kind = CLIP;
    else if (inputs->videos > 0)
        return tri_fail(error, TRI_USAGE,
                        "cluster: a clip is the only input of a run, as its frames are dealt; "
                        "there are %d videos among %d inputs",
                        inputs->videos, inputs->count);
    else if (alone && tri_cluster_rows_fit(inputs->list[0].path, outputs->paths[0]))
        *kind = LARGE;
    return TRI_OK;
}

/* A clip becomes all files of a pattern. */
static enum tri_status pack(struct plan *plan, const char *output, struct tri_error *error)
{
    const bool pattern = plan->kind == CLIP && plan->outputs.numbered;
    const char *from = plan->inputs.list[0].path, *to = pattern ? output : plan->outputs.paths[0];
    char *text = NULL;
    const int length = asprintf(&text, "%c%s%c%s", (char)plan->kind, from, '\0', to);
    if (length < 0)
        return tri_fail(error, TRI_FAILED, "cluster: out of memory for names");
    plan->parcel = (struct tri_parcel){(unsigned char *)text, (size_t)length + 1};
    return TRI_OK;
}

static enum tri_status make_plan(const struct request *request, char *const operands[], int count,
                                 struct plan *plan, struct tri_error *error)
{
    const struct cli_formats formats = {.picture = request->write.format};
    enum tri_status status = cli_inputs_find(
        operands + 1, count - 1, cli_is_folder(request->output) ? request->output : NULL,
        &plan->inputs, error);
    if (status == TRI_OK && plan->inputs.count == 0)
        status = tri_fail(error, TRI_FAILED, "cluster: no input can be read");
    if (status == TRI_OK)
        status = cli_outputs_plan(
            request->output, &formats, plan->inputs.list, plan->inputs.count,
            &(struct cli_more_files){.command = "cluster", .pipeline = operands[0]}, &plan->outputs,
            error);
    if (status == TRI_OK)
        status = choose(&plan->inputs, &plan->outputs, &plan->kind, error);
    if (status == TRI_OK)
        status = cli_outputs_begin(&plan->outputs, error);
    return status == TRI_OK ? pack(plan, request->output, error) : status;
}

static enum tri_status share_plan(struct tri_link *link, struct plan *plan, struct tri_error *error)
{
    const enum tri_status status = tri_link_spread(link, &plan->parcel, error);
    if (status != TRI_OK)
        return status;
    const char *text = (const char *)plan->parcel.data;
    plan->kind = (enum kind)text[0];
    plan->from = text + 1;
    plan->to = plan->from + strlen(plan->from) + 1;
    return TRI_OK;
}

static enum tri_status run_pictures(struct tri_cluster_job *job, const struct plan *plan,
                                    struct tri_error *error)
{
    const int count = job->link->rank == 0 ? plan->inputs.count : 0;
    struct tri_batch_file *files = calloc((size_t)count + 1, sizeof *files);
    if (files == NULL)
        return tri_fail(error, TRI_FAILED, "cluster: out of memory for file names");
    for (int i = 0; i < count; i++)
        files[i] = (struct tri_batch_file){plan->inputs.list[i].path, plan->outputs.paths[i]};
    const enum tri_status status = tri_cluster_pictures(job, files, count, error);
    free(files);
    return status;
}

static enum tri_status run_plan(struct tri_cluster_job *job, const struct plan *plan,
                                struct tri_error *error)
{
    switch (plan->kind) {
    case CLIP:
        return tri_cluster_clip(job, plan->from, plan->to, error);
    case LARGE:
        return tri_cluster_large(job, plan->from, plan->to, error);
    default:
        return run_pictures(job, plan, error);
    }
}

/* Rank 0's exit code is that of the command. */
static enum tri_status run_planned(struct tri_cluster_job *job, const struct request *request,
                                   char *const operands[], int count, struct tri_error *error)
{
    struct plan plan = {0};
    struct tri_link *link = job->link;
    enum tri_status status =
        link->rank == 0 ? make_plan(request, operands, count, &plan, error) : TRI_OK;
    const int unread = plan.inputs.unread;
    status = tri_link_agree(link, status, error);
    if (status == TRI_OK)
        status = share_plan(link, &plan, error);
    if (status == TRI_OK)
        status = run_plan(job, &plan, error);
    if (status != TRI_OK && link->rank == 0)
        cli_fail(error);
    if (status == TRI_OK && link->rank == 0 && request->verbose)
        say_summary(job);
    if (status == TRI_OK && job->summary.failed > 0)
        fprintf(stderr, "triptych: %ld of %ld files failed\n", job->summary.failed,
                job->summary.items);
    if (status == TRI_OK && (job->summary.failed > 0 || unread > 0))
        status = TRI_FAILED;
    cli_outputs_free(&plan.outputs);
    cli_inputs_free(&plan.inputs);
    free(plan.parcel.data);
    return status;
}

static enum tri_status run_ranks(const struct request *request, struct cli_cluster *cluster,
                                 char *const operands[], int count)
{
    struct tri_link *link = cluster->link;
    struct tri_error error;
    struct tri_cluster_job job = {.link = link,
                                  .module = cluster->module,
                                  .pipeline = cluster->pipeline,
                                  .backend = cluster->engine.backend,
                                  .pool = cluster->engine.pool,
                                  .jobs = cluster->engine.jobs,
                                  .resume = request->resume,
                                  .strip = request->strip,
                                  .max_pixels = request->max_pixels,
                                  .write = request->write,
                                  .rows = (int)request->rows,
                                  .note = request->quiet ? no_note : note,
                                  .fail = fail};
    enum tri_status status = tri_link_agree(link, cluster->opened, &cluster->error);
    if (status != TRI_OK && link->rank == 0)
        cli_fail(&cluster->error);
    if (status == TRI_OK && request->verbose && link->rank == 0)
        cli_say("%d ranks, %d of them on %s, over %s; here %s, %d at a time", link->size,
                link->local_size, link->host, link->library, tri_backend_info(job.backend)->name,
                job.jobs);
    return status == TRI_OK ? run_planned(&job, request, operands, count, &error) : status;
}

static int check(const struct request *request, char *const operands[], int count)
{
    if (count == 0)
        return cli_usage("cluster", "no pipeline given");
    if (count == 1)
        return cli_usage("cluster", "no input given after the pipeline '%s'", operands[0]);
    if (request->output == NULL || request->output[0] == '\0')
        return cli_usage("cluster", "no output given; add -o OUTPUT");
    if (strcmp(request->output, "-") == 0)
        return cli_usage("cluster", "the output is a file or a folder, as ranks write it");
    for (int i = 1; i < count; i++)
        if (strcmp(operands[i], "-") == 0)
            return cli_usage("cluster", "inputs are files and folders, as ranks read them");
    return TRI_OK;
}

/* What all ranks do alike: only the first tells what is wrong with it. */
static int prepare(int argc, char **argv, struct request *request, struct cli_cluster *cluster)
{
    int code;

    if (!cli_parse(&cli_command_cluster, argc, argv, request, &code))
        return -1 - code;
    code = check(request, argv + optind, argc - optind);
    if (code == TRI_OK && !cli_cluster_is_started())
        code = cli_cluster_tell_start("cluster", "cluster");
    if (code == TRI_OK)
        code = cli_cluster_prepare(cluster, argv[optind]);
    return code;
}

static int run_cluster(int argc, char **argv)
{
    struct request request = {0};
    struct cli_cluster cluster = {0};

    cli_cluster_hush(&cluster, true);
    int code = prepare(argc, argv, &request, &cluster);
    cli_cluster_hush(&cluster, false);
    if (code != TRI_OK) {
        cli_cluster_close(&cluster);
        return code < 0 ? -1 - code : code;
    }
    cli_input_names(argc - optind - 1, argv + optind + 1);
    code = cli_cluster_connect(&cluster);
    if (code != TRI_OK)
        return code;
    cli_cluster_open(&cluster, &request.on, request.isa, request.jobs, request.quiet);
    const int rank = cluster.link->rank;
    const enum tri_status status = run_ranks(&request, &cluster, argv + optind, argc - optind);
    cli_cluster_close(&cluster);
    return rank == 0 ? status : TRI_OK;
}

const struct cli_command cli_command_cluster = {.name = "cluster",
                                                .summary =
                                                    "deal pictures, frames or parts of one picture "
                                                    "to the ranks of an MPI job",
                                                .intro = intro,
                                                .groups = groups,
                                                .pipeline = true,
                                                .run = run_cluster};
