/* leaks.c -- what the leak detector must ignore: memory that libraries keep until the process ends.
 */

#define VISIBLE __attribute__((visibility("default"))) /* to the detector's library */

VISIBLE const char *__lsan_default_suppressions(void);
VISIBLE const char *__lsan_default_options(void);

/* FFmpeg's GLib and SRT keep memory in thread-local storage, as do the dynamic linker and dlerror.
 * x264 loses its parameters when it refuses a size, x265 a block of each encoder. Open MPI keeps
 * the names of what it has loaded. Threads of libuv's pool end after the detector has looked, and
 * until then keep what is theirs in a recording. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\n"
           "leak:libLLVM\n"
           "leak:libOpenCL\n"
           "leak:libfontconfig\n"
           "leak:libglib\n"
           "leak:libsrt\n"
           "leak:libx264\n"
           "leak:libx265\n"
           "leak:libuv\n"
           "leak:libmpi\n"
           "leak:libopen-\n"
           "leak:libhwloc\n"
           "leak:openmpi\n"
           "leak:pmix\n"
           "leak:ld-linux\n"
           "leak:_dlerror_run\n";
}

/* Tests check what is printed. When scanning thread-local storage, GCC 12's detector reads that of
 * POCL threads that have just ended, and dies; without the scan, anything referenced only from
 * there counts as lost. */
const char *__lsan_default_options(void)
{
    return "print_suppressions=0:use_tls=0";
}
