/* bare_opencl.c -- the minimum start-up work of an OpenCL program: finds a device, creates a
 * context and a queue, and loads a compiled program. The baseline for `triptych run` of a small
 * image.
 *
 * usage: bare_opencl gpu|cpu|any FILE; FILE is the compiled program, created if missing. */
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLATFORMS = 16 };

static const char source[] =
    "__kernel void invert(__global uchar *a) { a[get_global_id(0)] ^= 255; }";

static int fail(const char *call, cl_int code)
{
    fprintf(stderr, "bare_opencl: %s: error %d\n", call, code);
    return 1;
}

static int find_device(const char *kind, cl_device_id *device)
{
    const cl_device_type type = strcmp(kind, "gpu") == 0   ? CL_DEVICE_TYPE_GPU
                                : strcmp(kind, "cpu") == 0 ? CL_DEVICE_TYPE_CPU
                                                           : CL_DEVICE_TYPE_ALL;
    cl_platform_id platforms[PLATFORMS];
    cl_uint count = 0;
    const cl_int code = clGetPlatformIDs(PLATFORMS, platforms, &count);
    if (code != CL_SUCCESS)
        return fail("clGetPlatformIDs", code);
    for (cl_uint i = 0; i < count && i < PLATFORMS; i++) {
        if (clGetDeviceIDs(platforms[i], type, 1, device, NULL) == CL_SUCCESS)
            return 0;
    }
    return fail("no such device", CL_DEVICE_NOT_FOUND);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long end;
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0 &&
        (bytes = malloc((size_t)end)) != NULL) {
        *size = (size_t)end;
        if (fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static int save(cl_program program, const char *path)
{
    size_t size = 0;
    cl_int code = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL);
    unsigned char *bytes = code == CL_SUCCESS && size > 0 ? malloc(size) : NULL;
    if (bytes == NULL)
        return fail("CL_PROGRAM_BINARY_SIZES", code);
    code = clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof bytes, &bytes, NULL);
    FILE *file = code == CL_SUCCESS ? fopen(path, "wb") : NULL;
    int failed = file == NULL || fwrite(bytes, 1, size, file) != size;
    if (file != NULL)
        failed |= fclose(file) != 0;
    free(bytes);
    return failed ? fail("the compiled program cannot be written", code) : 0;
}

static int load(cl_context context, cl_device_id device, const char *path, cl_program *program)
{
    size_t size = 0;
    cl_int code, status = CL_SUCCESS;
    unsigned char *bytes = read_file(path, &size);
    const int known = bytes != NULL;
    const unsigned char *binary = bytes;
    const char *text = source;
    if (bytes != NULL)
        *program = clCreateProgramWithBinary(context, 1, &device, &size, &binary, &status, &code);
    else
        *program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
    free(bytes);
    if (code != CL_SUCCESS)
        return fail("clCreateProgram", code);
    code = clBuildProgram(*program, 1, &device, NULL, NULL, NULL);
    if (code != CL_SUCCESS)
        return fail("clBuildProgram", code);
    return known ? 0 : save(*program, path);
}

int main(int argc, char **argv)
{
    cl_device_id device;
    cl_program program = NULL;
    cl_int code;
    if (argc != 3)
        return fail("usage: bare_opencl gpu|cpu|any FILE", 0);
    if (find_device(argv[1], &device) != 0)
        return 1;
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return fail("clCreateContext", code);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    if (code != CL_SUCCESS)
        return fail("clCreateCommandQueue", code);
    const int failed = load(context, device, argv[2], &program);
    cl_kernel kernel = failed ? NULL : clCreateKernel(program, "invert", &code);
    if (kernel != NULL)
        clReleaseKernel(kernel);
    if (program != NULL)
        clReleaseProgram(program);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    return failed || code != CL_SUCCESS;
}
