/* host.c -- triptych in different kinds of programs. Copies the image argv[1] to argv[2] and
 * decodes a frame of the video argv[3], each through a module.
 *
 *     (nothing)      a program with libtriptych.a linked in, which exports no symbols
 *     HOST_DLOPEN    a program that loads the library $LIBRARY with dlopen and RTLD_LOCAL; it has the public
 *                    interface alone, which has no videos
 *     HOST_INSIDE    a shared object with libtriptych.a linked in, which exports only host_main, like a Python extension
 */
#include "video/video.h"

#include <stdlib.h>

#ifdef HOST_DLOPEN
#include <dlfcn.h>
static void *library;
#define CALL(name) ((__typeof__(name) *)dlsym(library, #name))
#else
#define CALL(name) name
#endif

static enum tri_status copy_picture(const char *from, const char *to, struct tri_error *error)
{
    struct tri_image *image;
    enum tri_status status = CALL(tri_image_read)(from, NULL, &image, NULL, error);

    if (status == TRI_OK)
        status = CALL(tri_image_write)(to, image, NULL, error);
    CALL(tri_image_free)(image);
    return status;
}

#ifdef HOST_DLOPEN
static enum tri_status decode_frame(const char *path, struct tri_error *error)
{
    (void)path;
    (void)error;
    puts("no videos");
    return TRI_OK;
}
#else
static enum tri_status decode_frame(const char *path, struct tri_error *error)
{
    struct tri_video_reader *reader;
    struct tri_frame frame = {0};
    bool more = false;
    enum tri_status status = tri_video_open(path, NULL, &reader, error);

    if (status != TRI_OK)
        return status;
    status = tri_frame_new(&reader->video, &frame, error);
    if (status == TRI_OK)
        status = tri_video_next(reader, &frame, &more, error);
    if (status == TRI_OK && more)
        status = tri_video_decode(reader, &frame, error);
    if (status == TRI_OK)
        printf("%d x %d, %s\n", reader->video.width, reader->video.height,
               more ? "a frame" : "no frame");
    tri_frame_free(&frame);
    tri_video_close(reader);
    return status;
}
#endif

__attribute__((visibility("default"))) int host_main(const char *from, const char *to,
                                                     const char *video);
int host_main(const char *from, const char *to, const char *video)
{
    struct tri_error error;
    enum tri_status status = copy_picture(from, to, &error);

    if (status == TRI_OK)
        status = decode_frame(video, &error);
    if (status != TRI_OK)
        fprintf(stderr, "%s\n", error.text);
    fflush(stdout);
    return (int)status;
}

#ifndef HOST_INSIDE
int main(int argc, char **argv)
{
#ifdef HOST_DLOPEN
    library = dlopen(getenv("LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 9;
    }
#endif
    return argc == 4 ? host_main(argv[1], argv[2], argv[3]) : 9;
}
#endif
