/* serve.c -- loads the module that knows HTTP. */
#include "serve/serve.h"

#include "module.h"

static const struct tri_serve_module *load(struct tri_error *error)
{
#ifdef TRI_SERVE
    return tri_module_load("serve", error);
#else
    tri_fail(error, TRI_FAILED,
             "this triptych was built without libevent and Nettle; install libevent-dev and "
             "nettle-dev and build it again");
    return NULL;
#endif
}

enum tri_status tri_serve(const struct tri_serve_options *options, void (*ready)(const char *where),
                          struct tri_error *error)
{
    const struct tri_serve_module *module = load(error);

    return module != NULL ? module->serve(options, ready, error) : TRI_FAILED;
}
