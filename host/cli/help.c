/* help.c -- the help texts: examples first, then what there is. */
#include "cli/cli.h"

const char cli_help_triptych[] =
    "Examples:\n"
    "  triptych run gray,gaussian:sigma=2,sobel in.png -o out.png\n"
    "  triptych run gaussian:sigma=2 frames/*.png -o blurred/ --on opencl\n"
    "  triptych bench gaussian:sigma=2 photo.png\n"
    "  triptych verify\n"
    "  triptych kernels gaussian\n"
    "\n"
    "Usage: triptych COMMAND ...\n"
    "\n"
    "Commands:\n"
    "  run      run a pipeline on pictures\n"
    "  bench    measure it sequentially, on CPU threads and on every OpenCL device\n"
    "  verify   check that every backend gives the same bytes\n"
    "  devices  list the CPU and the OpenCL devices\n"
    "  kernels  list the kernels, or explain one\n"
    "\n"
    "'triptych COMMAND --help' explains a command; 'triptych --version' says what was built in.\n"
    "\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  failed: input, output or the system\n"
    "  2  the request is wrong: unknown names, values out of range\n"
    "  3  outputs differ that must be equal\n"
    "  4  a device is missing or unusable\n";

const char cli_help_run[] =
    "Examples:\n"
    "  triptych run sobel in.png -o out.png\n"
    "  triptych run gray,gaussian:sigma=2,sobel in.png -o out.png --timings\n"
    "  triptych run invert frames/*.png -o inverted/\n"
    "  triptych run difference frame-*.png -o moved-%04d.png\n"
    "  cat in.png | triptych run box:radius=9 - -o - > out.png\n"
    "\n"
    "Usage: triptych run PIPELINE INPUT... -o OUTPUT [OPTION]...\n"
    "\n"
    "PIPELINE is operations separated by commas; their parameters follow after colons\n"
    "('triptych kernels' lists them). INPUT is a PNG file; '-' is standard input.\n"
    "Several inputs of one shape are successive frames.\n"
    "\n"
    "Options:\n"
    "  -o, --output OUTPUT  a PNG file, or '-' for standard output; of several inputs a\n"
    "                       folder (made when it ends in '/') or a pattern with one %d\n"
    "                       or %04d, which counts from 1\n"
    "      --on BACKEND     sequential, threads[:N], opencl[:SEL] or auto; default threads.\n"
    "                       SEL is gpu, cpu, P.D ('triptych devices') or part of a name\n"
    "      --isa ISA        of sequential and threads: an instruction set or native, the\n"
    "                       default; 'triptych devices' lists them\n"
    "      --max-pixels N   refuse larger pictures; default 268435456\n"
    "      --timings        print on standard error how long each phase took\n"
    "  -q, --quiet          no notes; errors are still reported\n"
    "  -h, --help           this text\n";

const char cli_help_devices[] =
    "Examples:\n"
    "  triptych devices\n"
    "  triptych devices --json\n"
    "\n"
    "Usage: triptych devices [--json]\n"
    "\n"
    "Lists the CPU with the instruction sets that --isa takes, and every OpenCL device with\n"
    "the number that --on opencl:P.D takes and the result of its self-test.\n"
    "\n"
    "Options:\n"
    "      --json  print JSON\n"
    "  -h, --help  this text\n";

const char cli_help_kernels[] = "Examples:\n"
                                "  triptych kernels\n"
                                "  triptych kernels gaussian\n"
                                "  triptych kernels gaussian --json\n"
                                "\n"
                                "Usage: triptych kernels [NAME] [--json]\n"
                                "\n"
                                "Lists the kernels by family, or explains one with its parameters.\n"
                                "\n"
                                "Options:\n"
                                "      --json  print JSON\n"
                                "  -h, --help  this text\n";

int cli_help(const char *text)
{
    fputs(text, stdout);
    return TRI_OK;
}
