/* leaks.c -- what the leak detector is to overlook: what POCL and LLVM keep until the process ends. */

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\n"
           "leak:libLLVM\n"
           "leak:libOpenCL\n";
}
