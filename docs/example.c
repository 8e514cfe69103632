/* example.c -- blurs in.png and finds its edges: cc example.c $(pkg-config --cflags --libs triptych) */
#include <triptych.h>

int main(int argc, char **argv)
{
    struct tri_image *in = NULL, *out = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_backend *backend = NULL;
    struct tri_job *job = NULL;
    struct tri_error error = {0};

    if (argc != 3 || tri_image_read(argv[1], NULL, &in, NULL, &error) ||
        tri_pipeline_parse("gaussian:sigma=2,sobel", &pipeline, &error) ||
        tri_backend_open("threads", NULL, &backend, &error) ||
        tri_job_new(backend, pipeline, &in->shape, &job, &error) ||
        tri_image_new(tri_job_shape(job), &out, &error) ||
        tri_job_run(job, in, out, NULL, &error) || tri_image_write(argv[2], out, NULL, &error))
        fprintf(stderr, "%s\n", argc == 3 ? error.text : "usage: example IN.png OUT.png");
    tri_job_free(job);
    tri_backend_close(backend);
    tri_pipeline_free(pipeline);
    tri_image_free(out);
    tri_image_free(in);
    return argc == 3 ? (int)error.status : TRI_USAGE;
}
