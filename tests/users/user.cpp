// user.cpp -- a C++ program that uses triptych: with triptych.h alone, and with the habits of C++.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <triptych.h>

namespace {

template <typename T, void (*end)(T *)>
struct ended_by {
    void operator()(T *object) const { end(object); }
};
using image = std::unique_ptr<tri_image, ended_by<tri_image, tri_image_free>>;
using pipeline = std::unique_ptr<tri_pipeline, ended_by<tri_pipeline, tri_pipeline_free>>;
using backend = std::unique_ptr<tri_backend, ended_by<tri_backend, tri_backend_close>>;
using job = std::unique_ptr<tri_job, ended_by<tri_job, tri_job_free>>;

void check(tri_status status, const tri_error &error)
{
    if (status != TRI_OK)
        throw std::runtime_error(error.text);
}

image new_image(const tri_shape &shape)
{
    tri_error error;
    tri_image *made = nullptr;
    check(tri_image_new(&shape, &made, &error), error);
    return image(made);
}

pipeline parse(const std::string &text)
{
    tri_error error;
    tri_pipeline *made = nullptr;
    check(tri_pipeline_parse(text.c_str(), &made, &error), error);
    return pipeline(made);
}

void note(void *listener, const char *text)
{
    static_cast<std::string *>(listener)->append(text);
}

backend open(std::string &notes)
{
    tri_error error;
    tri_backend *opened = nullptr;
    tri_backend_options options = tri_backend_options_default();
    options.isa = "scalar";
    options.note = note;
    options.listener = &notes;
    check(tri_backend_open("sequential", &options, &opened, &error), error);
    return backend(opened);
}

void run()
{
    tri_error error;
    std::string notes;
    const backend device = open(notes);
    const pipeline both = parse("invert,invert");
    const image in = new_image(tri_shape{33, 5, 4, 16});
    tri_job *made = nullptr;
    check(tri_job_new(device.get(), both.get(), &in->shape, &made, &error), error);
    const job prepared(made);
    const image out = new_image(*tri_job_shape(prepared.get()));
    for (int plane = 0; plane < in->shape.planes; plane++)
        for (int y = 0; y < in->shape.height; y++)
            for (int x = 0; x < in->shape.width; x++)
                static_cast<uint16_t *>(tri_image_row(in.get(), plane, y))[x] = static_cast<uint16_t>(plane * 1000 + y * 100 + x);
    in->padded = false;
    check(tri_job_run(prepared.get(), in.get(), out.get(), nullptr, &error), error);
    if (tri_image_compare(in.get(), out.get()).count != 0)
        throw std::runtime_error("inverting twice changed the image");
}

} // namespace

int main()
{
    tri_read_options reading = tri_read_options_default();
    tri_write_options writing = tri_write_options_default();
    tri_read_info info = tri_read_info_default();
    tri_background background;
    tri_error error;

    reading.max_pixels = TRI_PIXEL_LIMIT;
    try {
        check(tri_background_parse("#fff", &background, &error), error);
        if (background.use != TRI_BACKGROUND || info.metadata != nullptr || std::string(tri_version()) != TRI_VERSION)
            return EXIT_FAILURE;
        writing.background = background;
        check(tri_image_write("/nowhere/a.png", new_image(tri_shape{1, 1, 1, 8}).get(), &writing, &error) == TRI_FAILED ? TRI_OK : TRI_FAILED, error);
        tri_image *none = nullptr;
        check(tri_image_read("/nowhere/a.png", &reading, &none, &info, &error) == TRI_FAILED ? TRI_OK : TRI_FAILED, error);
        run();
        parse("nothing");
    } catch (const std::runtime_error &why) {
        std::cout << why.what() << '\n';
        return EXIT_SUCCESS;
    }
    return EXIT_FAILURE;
}
