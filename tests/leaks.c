/* leaks.c -- what the leak detector is to overlook: what libraries keep until the process ends. */

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

/* GLib and SRT, of FFmpeg's, keep theirs in storage of a thread; what the dynamic linker and dlerror keep is found from there,
 * too. x264
 * loses its parameters when it refuses a size, x265 a block of each encoder. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\n"
           "leak:libLLVM\n"
           "leak:libOpenCL\n"
           "leak:libglib\n"
           "leak:libsrt\n"
           "leak:libx264\n"
           "leak:libx265\n"
           "leak:ld-linux\n"
           "leak:_dlerror_run\n";
}

/* Tests look at what is printed. Looking into the storage of threads, the detector of GCC 12 reads that of POCL's which have
 * just ended, and dies; without, it takes for lost what only such storage points at. */
const char *__lsan_default_options(void)
{
    return "print_suppressions=0:use_tls=0";
}
