#include "backend.h"
enum tri_status tri_opencl_open(const char *selection, struct tri_backend **backend, struct tri_error *error)
{
    (void)selection; (void)backend;
    return tri_fail(error, TRI_NO_DEVICE, "no OpenCL");
}
enum tri_status tri_devices(struct tri_device_info **devices, int *count, struct tri_error *error)
{
    (void)error; *devices = 0; *count = 0; return TRI_OK;
}
