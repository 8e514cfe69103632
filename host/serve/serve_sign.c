/* serve_sign.c -- signed URLs, as imgproxy has them: base64url, without padding, of HMAC-SHA256
 * over the salt and what follows the signature, as it is in the request. */
#include "serve_parts.h"

#include <errno.h>
#include <nettle/base16.h>
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdlib.h>

enum { SECRET_MOST = 512, SECRET_LEAST = 16, ENCODED = 43 }; /* ENCODED: without padding */

struct secret {
    uint8_t bytes[SECRET_MOST];
    size_t size;
};
struct tri_serve_key {
    struct secret key, salt;
};

/* ---- the file ---- */

static bool parse_hex(const char *line, struct secret *secret)
{
    struct base16_decode_ctx context;
    const size_t length = strcspn(line, "\r\n");

    secret->size = sizeof secret->bytes;
    base16_decode_init(&context);
    return BASE16_DECODE_LENGTH(length) <= sizeof secret->bytes &&
           base16_decode_update(&context, &secret->size, secret->bytes, length, line) == 1 &&
           base16_decode_final(&context) == 1;
}

static bool read_line(FILE *file, struct secret *secret)
{
    char line[2 * SECRET_MOST + 4] = "";

    return (fgets(line, sizeof line, file) != NULL || feof(file)) && parse_hex(line, secret);
}

enum tri_status tri_serve_key_read(const char *path, struct tri_serve_key **key,
                                   struct tri_error *error)
{
    FILE *file = fopen(path, "re");
    struct tri_serve_key *made = file != NULL ? calloc(1, sizeof *made) : NULL;
    enum tri_status status = TRI_OK;

    *key = NULL;
    if (made == NULL)
        status = tri_fail(error, TRI_FAILED, "cannot read the key %s: %s", path, strerror(errno));
    else if (!read_line(file, &made->key) || !read_line(file, &made->salt) || fgetc(file) != EOF)
        status = tri_fail(error, TRI_FAILED,
                          "%s is no key: expected a line of hexadecimal digits, and a second one "
                          "if there is a salt",
                          path);
    else if (made->key.size < SECRET_LEAST)
        status = tri_fail(error, TRI_FAILED,
                          "the key in %s has %zu bytes; at least %d are needed: openssl rand -hex "
                          "32",
                          path, made->key.size, SECRET_LEAST);
    if (file != NULL)
        fclose(file);
    if (status == TRI_OK)
        *key = made;
    else
        free(made);
    return status;
}

void tri_serve_key_free(struct tri_serve_key *key)
{
    free(key);
}

/* ---- signatures ---- */

static void add(struct hmac_sha256_ctx *context, const char *text)
{
    hmac_sha256_update(context, strlen(text), (const uint8_t *)text);
}

static void sign(const struct tri_serve_key *key, const char *rest, const char *query,
                 char encoded[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)])
{
    struct hmac_sha256_ctx context;
    struct base64_encode_ctx base64;
    uint8_t digest[SHA256_DIGEST_SIZE];

    hmac_sha256_set_key(&context, key->key.size, key->key.bytes);
    hmac_sha256_update(&context, key->salt.size, key->salt.bytes);
    add(&context, rest);
    if (query != NULL) {
        add(&context, "?");
        add(&context, query);
    }
    hmac_sha256_digest(&context, sizeof digest, digest);
    base64url_encode_init(&base64);
    const size_t used = base64_encode_update(&base64, encoded, sizeof digest, digest);
    base64_encode_final(&base64, encoded + used);
}

const char *tri_serve_key_check(const struct tri_serve_key *key, const char *path,
                                const char *query)
{
    char expected[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
    const size_t length = path[0] == '/' ? strcspn(path + 1, "/") : 0;

    if (length != ENCODED)
        return NULL;
    sign(key, path + 1 + length, query, expected);
    return memeql_sec(expected, path + 1, ENCODED) ? path + 1 + length : NULL;
}

/* ---- entity tags ---- */

void tri_serve_etag(const char *text, char etag[40])
{
    struct sha256_ctx context;
    uint8_t digest[16];

    sha256_init(&context);
    sha256_update(&context, strlen(text), (const uint8_t *)text);
    sha256_digest(&context, sizeof digest, digest);
    etag[0] = '"';
    base16_encode_update(etag + 1, sizeof digest, digest);
    strcpy(etag + 1 + 2 * sizeof digest, "\"");
}
