/* serve_request.c -- what a request asks for, and where its answer comes from: the client has it,
 * the cache has it, a computation is under way, or one begins. */
#include "serve_parts.h"

#include "parallel/cpu.h"

#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

static const char *header_of(const struct tri_serve_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

void tri_serve_request_free(struct tri_serve_request *request)
{
    tri_serve_job_leave(request);
    if (request->late != NULL)
        event_free(request->late);
    if (request->connection != NULL)
        request->connection->request = NULL;
    free(request);
}

/* ---- refusals ---- */

/* evhttp takes a body of GET for the next request, and of contradictory lengths one; a proxy may
 * take the other, and then requests of one client for those of another. */
static bool is_clear(const struct tri_serve_request *request, enum evhttp_cmd_type method)
{
    const char *length = header_of(request, "Content-Length"),
               *encoding = header_of(request, "Transfer-Encoding");

    if (encoding != NULL &&
        (length != NULL || method != EVHTTP_REQ_POST || strcasecmp(encoding, "chunked") != 0))
        return false;
    return method == EVHTTP_REQ_POST || length == NULL || strcmp(length, "0") == 0;
}

/* Answers requests that are none of a picture. */
static bool is_other(struct tri_serve_request *request, const char *path)
{
    const enum evhttp_cmd_type method = evhttp_request_get_command(request->http);
    struct tri_serve_answer *answer;

    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD && method != EVHTTP_REQ_POST) {
        evhttp_add_header(evhttp_request_get_output_headers(request->http), "Connection", "close");
        tri_serve_reply_text(request, 405, "only GET, HEAD and POST are known\n");
    } else if (!is_clear(request, method)) {
        evhttp_add_header(evhttp_request_get_output_headers(request->http), "Connection", "close");
        tri_serve_reply_text(request, 400, "the length of the body is not clear\n");
    } else if (path != NULL && strcmp(path, "/healthz") == 0) {
        tri_serve_reply_text(request, 200, "ok\n");
    } else if (path != NULL && strcmp(path, "/metrics") == 0) {
        answer = tri_serve_metrics_text(request->service);
        if (answer != NULL)
            tri_serve_reply(request, answer);
        else
            tri_serve_reply_text(request, 500, "out of memory\n");
        tri_serve_answer_release(answer);
    } else {
        return false;
    }
    return true;
}

/* ---- the source and the format ---- */

/* Fills in the job's source: the file, or the upload. False: it has answered. */
static bool take_source(struct tri_serve_request *request, struct tri_serve_job *job)
{
    const struct tri_serve_service *service = request->service;
    const bool upload = evhttp_request_get_command(request->http) == EVHTTP_REQ_POST;

    if (upload != (job->target.path[0] == '\0')) {
        tri_serve_reply_text(request, upload ? 400 : 404,
                             upload ? "an upload has no path behind the pipeline\n"
                                    : "expected /PIPELINE/PATH\n");
        return false;
    }
    if (!upload) {
        const bool found =
            service->root >= 0 && tri_serve_file_open(service->root, job->target.path, &job->file);
        if (!found)
            tri_serve_reply_text(request, 404, "there is no such file\n");
        return found;
    }
    struct evbuffer *input = evhttp_request_get_input_buffer(request->http);
    job->body = evbuffer_new();
    job->work.size = evbuffer_get_length(input);
    if (job->body == NULL || evbuffer_add_buffer(job->body, input) != 0 ||
        (job->work.size > 0 && (job->work.data = evbuffer_pullup(job->body, -1)) == NULL)) {
        tri_serve_reply_text(request, 503, "out of memory\n");
        return false;
    }
    return true;
}

/* The format of the source by its first bytes; NULL: unknown. */
static const struct tri_format *format_of(const struct tri_serve_job *job)
{
    return job->body != NULL ? tri_serve_format_of(job->work.data, job->work.size)
                             : job->file.format;
}

static bool choose_format(struct tri_serve_request *request, struct tri_serve_job *job)
{
    const struct tri_format *own = format_of(job);

    if (own == NULL) {
        tri_serve_reply_text(request, 415, "the format of the picture is not known\n");
        return false;
    }
    request->vary = job->target.write.format == NULL;
    job->work.to = request->vary ? tri_serve_accept(header_of(request, "Accept"), own)
                                 : job->target.write.format;
    if (job->work.to == NULL)
        tri_serve_reply_text(request, 406, "no format that Accept allows can be written\n");
    return job->work.to != NULL;
}

/* ---- answers ---- */

/* Two answers are the same where these texts are. */
static bool make_key(struct tri_serve_request *request, struct tri_serve_job *job)
{
    const struct tri_serve_file *file = &job->file;
    char etag_of[2 * TRI_SERVE_TEXT_MAX];
    struct tm modified;

    if (job->body != NULL)
        return true;
    if (asprintf(&job->key, "%s\n%s\n%s\n%" PRIu64 " %" PRIu64 " %" PRIu64 " %lld.%09ld",
                 job->target.pipeline, job->target.chosen, job->work.to->name, file->device,
                 file->inode, file->size, (long long)file->modified.tv_sec,
                 file->modified.tv_nsec) < 0) {
        job->key = NULL;
        return false;
    }
    snprintf(etag_of, sizeof etag_of, "%s\n%s", TRI_VERSION, job->key);
    tri_serve_etag(etag_of, request->etag);
    gmtime_r(&file->modified.tv_sec, &modified);
    evutil_date_rfc1123(request->modified, sizeof request->modified, &modified);
    return true;
}

static void late_cb(evutil_socket_t fd, short what, void *argument)
{
    struct tri_serve_request *request = argument;

    (void)fd;
    (void)what;
    tri_serve_job_leave(request);
    tri_serve_reply_text(request, 504, "the picture took too long\n");
}

/* The request waits for the job from now on. */
static bool wait_for(struct tri_serve_request *request, struct tri_serve_job *job)
{
    const struct timeval time = {.tv_sec = request->service->options->timeout};

    request->late = event_new(request->service->base, -1, 0, late_cb, request);
    if (request->late == NULL || event_add(request->late, &time) != 0)
        return false;
    request->next = job->requests;
    job->requests = request;
    request->job = job;
    return true;
}

static void begin(struct tri_serve_request *request, struct tri_serve_job *job)
{
    struct tri_serve_service *service = request->service;

    if (tri_serve_queue_is_full(service) || tri_serve_is_full(service) || !wait_for(request, job)) {
        tri_serve_job_free(job);
        tri_serve_reply_text(request, 503, "too much is under way; try again later\n");
        return;
    }
    job->work.target = &job->target;
    job->work.file = job->body == NULL ? &job->file : NULL;
    job->work.max_pixels = service->options->max_pixels;
    job->work.max_bytes = service->options->max_bytes;
    job->work.backend = service->backend;
    job->work.jobs = service->kept;
    job->work.pool = service->pool;
    job->work.unwanted = &job->unwanted;
    tri_serve_job_add(service, job);
}

/* Answers from what is there. */
static bool is_there(struct tri_serve_request *request, const struct tri_serve_job *job)
{
    struct tri_serve_service *service = request->service;
    struct tri_serve_answer unchanged = {.uses = 2, .code = 304};

    if (job->key == NULL)
        return false;
    if (tri_serve_is_current(request, &job->file.modified)) {
        tri_serve_reply(request, &unchanged);
        return true;
    }
    struct tri_serve_answer *answer = tri_serve_cache_find(service->cache, job->key);
    service->metrics.hits += answer != NULL;
    service->metrics.misses += answer == NULL;
    request->hit = answer != NULL;
    if (answer != NULL)
        tri_serve_reply(request, answer);
    tri_serve_answer_release(answer);
    return answer != NULL;
}

/* Takes the job over. */
static void answer(struct tri_serve_request *request, struct tri_serve_job *job)
{
    struct tri_serve_service *service = request->service;
    struct tri_serve_job *other = NULL;

    if (is_there(request, job)) {
        tri_serve_job_free(job);
        return;
    }
    if (job->key != NULL)
        other = tri_serve_job_find(service, job->key);
    if (other == NULL) {
        begin(request, job);
        return;
    }
    tri_serve_job_free(job);
    request->shared = true;
    service->metrics.shared++;
    if (!wait_for(request, other))
        tri_serve_reply_text(request, 503, "out of memory\n");
}

static void handle(struct tri_serve_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    const struct tri_serve_key *key = request->service->key;
    struct tri_serve_job *job;
    struct tri_error error;

    if (is_other(request, path))
        return;
    if (key != NULL && (path == NULL || (path = tri_serve_key_check(key, path, query)) == NULL)) {
        tri_serve_reply_text(request, 403, "the signature is wrong\n");
        return;
    }
    job = calloc(1, sizeof *job);
    if (job == NULL) {
        tri_serve_reply_text(request, 503, "out of memory\n");
        return;
    }
    job->file.fd = -1;
    if (tri_serve_target_parse(path, query, &job->target, &error) != TRI_OK) {
        struct tri_serve_answer *refusal = tri_serve_answer_new(400, "%s\n", error.text);
        if (refusal != NULL)
            tri_serve_reply(request, refusal);
        else
            tri_serve_reply_text(request, 400, "");
        tri_serve_answer_release(refusal);
        tri_serve_job_free(job);
        return;
    }
    if (!take_source(request, job) || !choose_format(request, job)) {
        tri_serve_job_free(job);
        return;
    }
    if (make_key(request, job)) {
        answer(request, job);
        return;
    }
    tri_serve_job_free(job);
    tri_serve_reply_text(request, 503, "out of memory\n");
}

void tri_serve_request_handle(struct evhttp_request *http, void *argument)
{
    struct tri_serve_service *service = argument;
    struct tri_serve_connection *connection = tri_serve_connection_begin(service, http);
    struct tri_serve_request *request = connection != NULL ? calloc(1, sizeof *request) : NULL;

    if (request == NULL) {
        evhttp_send_error(http, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    request->service = service;
    request->connection = connection;
    request->http = http;
    request->begun = tri_now_ns();
    request->head = evhttp_request_get_command(http) == EVHTTP_REQ_HEAD;
    connection->request = request;
    handle(request);
}
