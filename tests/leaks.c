/* leaks.c -- what the sanitizers are to overlook: OpenCL drivers are not built with them. */

const char *__lsan_default_suppressions(void);
const char *__tsan_default_suppressions(void);

/* POCL and LLVM keep some of what they made until the process ends. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\n"
           "leak:libLLVM\n"
           "leak:libOpenCL\n";
}

/* Their locks are seen, but not the memory accesses that these order. */
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libpocl\n"
           "called_from_lib:libLLVM\n"
           "called_from_lib:libOpenCL\n"
           "race:libpocl\n"
           "race:libLLVM\n";
}
