/* serve_loop.c -- sets the service up, runs the event loop, and stops gracefully. */
#include "serve_parts.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADERS_MOST = 8192, BACKLOG = 1024, FDS_ELSE = 256 };

/* ---- accepting ---- */

void tri_serve_accept_more(struct tri_serve_service *service)
{
    if (service->listener == NULL || service->stopping)
        return;
    if (service->connection_count >= service->connections_most)
        evconnlistener_disable(service->listener);
    else
        evconnlistener_enable(service->listener);
}

static void resume_cb(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    tri_serve_accept_more(argument);
}

/* Most likely no descriptor is left: without a pause the loop would spin. */
static void accept_error_cb(struct evconnlistener *listener, void *argument)
{
    static const struct timeval pause = {.tv_usec = 100000};
    struct tri_serve_service *service = argument;

    evconnlistener_disable(listener);
    event_add(service->resume, &pause);
}

/* ---- where it listens ---- */

static enum tri_status listen_at(struct tri_serve_service *service, const struct sockaddr *address,
                                 socklen_t size, struct tri_error *error)
{
    service->listener =
        evconnlistener_new_bind(service->base, NULL, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                BACKLOG, address, (int)size);
    if (service->listener == NULL)
        return tri_fail(error, TRI_FAILED, "cannot listen at %s: %s", service->options->listen,
                        strerror(errno));
    return TRI_OK;
}

/* Removes the socket of a service that is gone. */
static void remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (probe >= 0 && lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
        errno == ECONNREFUSED)
        unlink(address->sun_path);
    if (probe >= 0)
        close(probe);
}

static enum tri_status listen_unix(struct tri_serve_service *service, const char *path,
                                   struct tri_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return tri_fail(error, TRI_USAGE, "the path of the socket %s is empty or too long", path);
    strcpy(address.sun_path, path);
    remove_stale(&address);
    const enum tri_status status =
        listen_at(service, (const struct sockaddr *)&address, sizeof address, error);
    if (status == TRI_OK && (service->socket_path = strdup(path)) == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the service");
    return status;
}

/* Splits "HOST:PORT" or "[HOST]:PORT". */
static bool split(const char *text, char host[256], char port[8])
{
    const char *colon = strrchr(text, ':');
    const bool brackets = text[0] == '[' && colon != NULL && colon > text && colon[-1] == ']';

    if (colon == NULL || colon - text >= 256 || strlen(colon + 1) >= 8 || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || atoi(colon + 1) > 65535)
        return false;
    snprintf(host, 256, "%.*s", (int)(colon - text - 2 * brackets), text + brackets);
    strcpy(port, colon + 1);
    return host[0] != '\0';
}

static enum tri_status listen_tcp(struct tri_serve_service *service, struct tri_error *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const char *text = service->options->listen;
    struct addrinfo *found = NULL;
    char host[256], port[8];

    if (!split(text, host, port))
        return tri_fail(error, TRI_USAGE,
                        "cannot listen at '%s'; expected HOST:PORT, such as 127.0.0.1:8080, or "
                        "unix:PATH",
                        text);
    const int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0)
        return tri_fail(error, TRI_FAILED, "cannot listen at %s: %s", text, gai_strerror(code));
    const enum tri_status status = listen_at(service, found->ai_addr, found->ai_addrlen, error);
    freeaddrinfo(found);
    return status;
}

/* Tells the port that the system has chosen, too. */
static void tell(const struct tri_serve_service *service, void (*ready)(const char *where))
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[256] = "", port[16] = "", text[400];
    struct sockaddr *plain = (struct sockaddr *)&address;

    if (service->socket_path != NULL) {
        snprintf(text, sizeof text, "unix:%s", service->socket_path);
    } else {
        if (getsockname(evconnlistener_get_fd(service->listener), plain, &size) == 0)
            getnameinfo(plain, size, host, sizeof host, port, sizeof port,
                        NI_NUMERICHOST | NI_NUMERICSERV);
        snprintf(text, sizeof text, strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s",
                 host, port);
    }
    ready(text);
}

/* ---- stopping ---- */

void tri_serve_check_end(struct tri_serve_service *service)
{
    if (service->stopping && service->connection_count == 0)
        event_base_loopbreak(service->base);
}

/* The first signal lets everything end that has begun; a second one does not wait for it. */
static void signal_cb(evutil_socket_t number, short what, void *argument)
{
    struct tri_serve_service *service = argument;

    (void)number;
    (void)what;
    if (service->stopping) {
        event_base_loopbreak(service->base);
        return;
    }
    service->stopping = true;
    evconnlistener_disable(service->listener);
    tri_serve_connection_end_idle(service);
    tri_serve_check_end(service);
}

/* ---- setting up ---- */

/* As many descriptors as connections need, as far as the system allows. */
static enum tri_status allow_connections(struct tri_serve_service *service, struct tri_error *error)
{
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)service->options->connections + FDS_ELSE;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = 1024;
    else if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = 1024;
    }
    const rlim_t usable = limit.rlim_cur < wanted ? limit.rlim_cur : wanted;
    service->fds_most = (int)usable + FDS_ELSE;
    service->connections_most = usable > 2 * FDS_ELSE ? (int)usable - FDS_ELSE : (int)usable / 2;
    if (service->connections_most > service->options->connections)
        service->connections_most = service->options->connections;
    service->by_fd = calloc((size_t)service->fds_most, sizeof *service->by_fd);
    return service->by_fd != NULL ? TRI_OK
                                  : tri_fail(error, TRI_FAILED, "out of memory for connections");
}

static enum tri_status open_log(struct tri_serve_service *service, struct tri_error *error)
{
    const char *path = service->options->access_log;

    if (path == NULL)
        return TRI_OK;
    service->log = strcmp(path, "-") == 0 ? stdout : fopen(path, "ae");
    return service->log != NULL
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, strerror(errno));
}

static enum tri_status open_files(struct tri_serve_service *service, struct tri_error *error)
{
    const struct tri_serve_options *options = service->options;
    enum tri_status status = open_log(service, error);

    if (status == TRI_OK && options->root != NULL)
        status = tri_serve_root_open(options->root, &service->root, error);
    if (status == TRI_OK && options->key != NULL)
        status = tri_serve_key_read(options->key, &service->key, error);
    return status;
}

static bool watch_signals(struct tri_serve_service *service)
{
    static const int numbers[] = {SIGTERM, SIGINT};

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        service->signals[i] = evsignal_new(service->base, numbers[i], signal_cb, service);
        if (service->signals[i] == NULL || event_add(service->signals[i], NULL) != 0)
            return false;
    }
    return true;
}

/* Warnings are about clients that reset their connections, for instance. */
static void log_cb(int severity, const char *text)
{
    if (severity == EVENT_LOG_ERR)
        fprintf(stderr, "triptych: libevent: %s\n", text);
}

static enum tri_status make_loop(struct tri_serve_service *service, struct tri_error *error)
{
    event_set_log_callback(log_cb);
    service->base = event_base_new();
    service->http = service->base != NULL ? evhttp_new(service->base) : NULL;
    service->cache = tri_serve_cache_new(service->options->cache);
    service->resume =
        service->base != NULL ? event_new(service->base, -1, 0, resume_cb, service) : NULL;
    return service->http != NULL && service->cache != NULL && service->resume != NULL &&
                   watch_signals(service)
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "out of memory for the service");
}

static enum tri_status set_up_http(struct tri_serve_service *service, struct tri_error *error)
{
    const char *listen = service->options->listen;
    /* Later than that of a connection, which sends a message. */
    const struct timeval time = {.tv_sec = service->options->timeout + 1};

    evhttp_set_max_headers_size(service->http, HEADERS_MOST);
    evhttp_set_max_body_size(service->http, (ev_ssize_t)service->options->max_bytes);
    evhttp_set_timeout_tv(service->http, &time);
    evhttp_set_allowed_methods(service->http, 0xffff); /* others get 405 here */
    evhttp_set_bevcb(service->http, tri_serve_connection_new, service);
    evhttp_set_gencb(service->http, tri_serve_request_handle, service);
    const enum tri_status status = strncmp(listen, "unix:", 5) == 0
                                       ? listen_unix(service, listen + 5, error)
                                       : listen_tcp(service, error);
    if (status != TRI_OK)
        return status;
    evconnlistener_set_error_cb(service->listener, accept_error_cb);
    if (evhttp_bind_listener(service->http, service->listener) == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the service");
    return TRI_OK;
}

static void take_down(struct tri_serve_service *service)
{
    service->listener = NULL; /* evhttp frees it */
    if (service->http != NULL)
        evhttp_free(service->http);
    tri_serve_connection_free_all(service);
    tri_serve_work_end(service);
    for (int i = 0; i < 2; i++) {
        if (service->signals[i] != NULL)
            event_free(service->signals[i]);
    }
    if (service->resume != NULL)
        event_free(service->resume);
    if (service->base != NULL)
        event_base_free(service->base);
    if (service->socket_path != NULL)
        unlink(service->socket_path);
    free(service->socket_path);
    if (service->root >= 0)
        close(service->root);
    if (service->log != NULL && service->log != stdout)
        fclose(service->log);
    tri_serve_key_free(service->key);
    tri_serve_cache_free(service->cache);
    free(service->by_fd);
}

enum tri_status tri_serve_run(const struct tri_serve_options *options,
                              void (*ready)(const char *where), struct tri_error *error)
{
    struct tri_serve_service service = {.options = options, .root = -1, .wake = -1};

    /* What clients hold in memory: uploads that arrive, and answers that leave. */
    service.held_most = 4 * options->max_bytes + (UINT64_C(64) << 20);
    if (pthread_mutex_init(&service.lock, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "out of memory for the service");
    enum tri_status status = open_files(&service, error);
    if (status == TRI_OK)
        status = allow_connections(&service, error);
    if (status == TRI_OK)
        status = make_loop(&service, error);
    if (status == TRI_OK)
        status = tri_serve_work_begin(&service, error);
    if (status == TRI_OK)
        status = set_up_http(&service, error);
    if (status == TRI_OK) {
        tell(&service, ready);
        if (event_base_dispatch(service.base) < 0)
            status = tri_fail(error, TRI_FAILED, "the event loop failed");
    }
    take_down(&service);
    pthread_mutex_destroy(&service.lock);
    return status;
}
