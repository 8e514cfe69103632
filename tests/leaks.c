/* leaks.c -- what the leak detector is to overlook: what POCL and LLVM keep until the process ends. */

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\n"
           "leak:libLLVM\n"
           "leak:libOpenCL\n";
}

/* Tests look at what is printed. */
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
