/* serve_reply.c -- headers and bodies of answers: conditional requests, ranges, HEAD. */
#include "serve_parts.h"

#include "parallel/cpu.h"

#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <stdlib.h>

static const struct {
    int code;
    const char *reason;
} reasons[] = {{200, "OK"},
               {206, "Partial Content"},
               {304, "Not Modified"},
               {400, "Bad Request"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {406, "Not Acceptable"},
               {413, "Content Too Large"},
               {415, "Unsupported Media Type"},
               {416, "Range Not Satisfiable"},
               {422, "Unprocessable Content"},
               {503, "Service Unavailable"},
               {504, "Gateway Timeout"}};

static const char *reason_of(int code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].code == code)
            return reasons[i].reason;
    }
    return "Internal Server Error";
}

static const char *header_of(const struct tri_serve_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

/* ---- conditions ---- */

/* Whether a list of entity tags has this one, by weak comparison (RFC 9110, 8.8.3.2). */
static bool lists(const char *list, const char *etag)
{
    const size_t length = strlen(etag);

    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = strstr(list, etag); at != NULL; at = strstr(at + 1, etag)) {
        if (at[length] == '\0' || strchr(", \t", at[length]) != NULL)
            return true;
    }
    return false;
}

bool tri_serve_is_current(const struct tri_serve_request *request, const struct timespec *modified)
{
    const char *tags = header_of(request, "If-None-Match"),
               *since = header_of(request, "If-Modified-Since");
    struct tm at = {0};

    if (tags != NULL)
        return lists(tags, request->etag);
    if (since == NULL || strptime(since, "%a, %d %b %Y %H:%M:%S GMT", &at) == NULL)
        return false;
    return modified->tv_sec <= timegm(&at);
}

/* ---- ranges ---- */

struct part {
    int code; /* 200: all */
    size_t first, size;
};

static bool read_number(const char **at, size_t *number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *number = strtoull(*at, &end, 10);
    *at = end;
    return true;
}

/* One range of bytes; several, and what is malformed, get the whole. */
static struct part part_of(const struct tri_serve_request *request, size_t size)
{
    const struct part whole = {200, 0, size}, none = {416, 0, 0};
    const char *at = header_of(request, "Range"), *when = header_of(request, "If-Range");
    size_t first, last;

    if (at == NULL || evhttp_request_get_command(request->http) != EVHTTP_REQ_GET ||
        strncmp(at, "bytes=", 6) != 0 || request->etag[0] == '\0')
        return whole;
    if (when != NULL && strcmp(when, request->etag) != 0 && strcmp(when, request->modified) != 0)
        return whole;
    at += 6;
    const bool from_end = *at == '-';
    at += from_end;
    if (!read_number(&at, &first))
        return whole;
    if (from_end)
        return *at != '\0'  ? whole
               : first == 0 ? none
                            : (struct part){206, first < size ? size - first : 0,
                                            first < size ? first : size};
    if (*at++ != '-')
        return whole;
    if (!read_number(&at, &last))
        last = SIZE_MAX;
    if (*at != '\0' || last < first)
        return whole;
    if (first >= size)
        return none;
    return (struct part){206, first, (last < size - 1 ? last : size - 1) - first + 1};
}

/* ---- headers ---- */

static void put(const struct tri_serve_request *request, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(request->http), name, value);
}

static void put_length(const struct tri_serve_request *request, size_t size)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", size);
    put(request, "Content-Length", text);
}

static void put_caching(const struct tri_serve_request *request, int code)
{
    char text[60];

    if (code >= 400 || request->etag[0] == '\0') {
        put(request, "Cache-Control", "no-store");
        return;
    }
    snprintf(text, sizeof text, "public, max-age=%d", request->service->options->max_age);
    put(request, "Cache-Control", request->service->options->max_age > 0 ? text : "no-cache");
    put(request, "ETag", request->etag);
    if (request->modified[0] != '\0')
        put(request, "Last-Modified", request->modified);
}

static void put_headers(const struct tri_serve_request *request,
                        const struct tri_serve_answer *answer, const struct part *part)
{
    const char *media = tri_serve_media(answer->format);
    char range[80];

    put_caching(request, part->code);
    if (request->vary)
        put(request, "Vary", "Accept");
    if (part->code == 206)
        snprintf(range, sizeof range, "bytes %zu-%zu/%zu", part->first,
                 part->first + part->size - 1, answer->size);
    else
        snprintf(range, sizeof range, "bytes */%zu", answer->size);
    if (part->code == 206 || part->code == 416)
        put(request, "Content-Range", range);
    if (part->code == 503 || part->code == 504)
        put(request, "Retry-After", "1");
    if (part->code == 405)
        put(request, "Allow", "GET, HEAD, POST");
    if (request->service->stopping)
        put(request, "Connection", "close");
    if (part->code == 304)
        return;
    put(request, "Content-Type", media != NULL ? media : "text/plain; charset=utf-8");
    put(request, "X-Content-Type-Options", "nosniff");
    if (media != NULL && request->etag[0] != '\0')
        put(request, "Accept-Ranges", "bytes");
    put_length(request, part->size);
}

/* ---- answers ---- */

static void release_cb(const void *data, size_t size, void *answer)
{
    (void)data;
    (void)size;
    tri_serve_answer_release(answer);
}

/* The bytes stay the answer's, which is kept until they are sent. */
static bool put_body(struct evbuffer *body, struct tri_serve_answer *answer,
                     const struct part *part)
{
    answer->uses++;
    if (part->size > 0 && evbuffer_add_reference(body, (char *)answer->data + part->first,
                                                 part->size, release_cb, answer) == 0)
        return true;
    answer->uses--;
    return part->size == 0;
}

void tri_serve_reply(struct tri_serve_request *request, struct tri_serve_answer *answer)
{
    struct evbuffer *body = evbuffer_new();
    struct part part = {answer->code, 0, answer->size};
    struct evhttp_request *http = request->http;

    if (answer->code == 200)
        part = part_of(request, answer->size);
    const bool bare = request->head || part.code == 304 || part.code == 416;
    const size_t sent = bare ? 0 : part.size;
    put_headers(request, answer, &part);
    if (body == NULL || (!bare && !put_body(body, answer, &part)))
        part.code = 500; /* what follows is cut off: the length is already there */
    tri_serve_metrics_answer(&request->service->metrics, part.code,
                             (uint64_t)(tri_now_ns() - request->begun), sent);
    tri_serve_log(request, part.code, sent);
    if (request->connection != NULL)
        tri_serve_connection_send(request->connection, sent);
    request->connection = NULL;
    tri_serve_request_free(request);
    evhttp_send_reply(http, part.code, reason_of(part.code), body);
    if (body != NULL)
        evbuffer_free(body);
}

void tri_serve_reply_text(struct tri_serve_request *request, int code, const char *text)
{
    struct tri_serve_answer *answer = tri_serve_answer_new(code, "%s", text);
    struct tri_serve_answer empty = {.uses = 2, .code = code};

    tri_serve_reply(request, answer != NULL ? answer : &empty);
    tri_serve_answer_release(answer);
}
