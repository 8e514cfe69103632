/* test_completion.c -- the completion of shells, and what `make` prints and installs. */
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

/* What bash offers for the words, the last of which is being typed. */
static void expect_bash(const char *words, const char *out)
{
    char command[700];

    snprintf(command, sizeof command,
             "$T completion bash > c && bash -c '. ./c; COMP_WORDS=(triptych %s); "
             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _triptych; "
             "printf \"%%s \" \"${COMPREPLY[@]}\"'",
             words);
    EXPECT(command, 0, out, "");
}

static void test_bash(void)
{
    if (shell_run("command -v bash")->code != 0) {
        test_skip("no bash");
        return;
    }
    expect_bash("r", "run results ");
    expect_bash("ver", "verify version ");
    expect_bash("run gaus", "gaussian ");
    expect_bash("run sobel,inv", "sobel,invert ");
    expect_bash("run sobel in.png --png", "--png-level ");
    expect_bash("run sobel in.png --png-level \"\"", "default fast small ");
    expect_bash("run sobel in.png --png-level = f", "fast ");
    expect_bash("run sobel --on thr", "threads ");
    expect_bash("run sobel --crf \"\"", " ");
    expect_bash("bench --isa sca", "scalar ");
    expect_bash("kernels thr", "threshold ");
    expect_bash("new mine --class w", "window ");
    EXPECT("touch mine.cl", 0, "", "");
    expect_bash("run ./mi", "./mine.cl ");
    EXPECT("rm mine.cl", 0, "", "");
    expect_bash("doctor --rep", "--report ");
    expect_bash("lab --qui", "--quick --quiz ");
    expect_bash("lab grade answers --", "--csv --json --help ");
    expect_bash("lab \"\"", "cluster concurrency * race * patterns pattern grade ");
    expect_bash("lab pat", "patterns pattern ");
    expect_bash("lab race dead", "deadlock ");
    expect_bash("lab pattern c", "csp ");
    expect_bash("lab pattern \"\"", "sequential engine * pipeline ");
    expect_bash("lab pattern --so", "--source ");
    EXPECT("touch pict.png; mkdir picts", 0, "", "");
    expect_bash("run sobel pic", "*pict.png *");
    expect_bash("lab patterns pic", "*picts *");
    expect_bash("lab pattern csp pic", "*picts *");
    expect_bash("lab grade pic", "*picts *");
    expect_bash("run sobel in.png -o picts", "picts ");
    EXPECT("rm -r pict.png picts c", 0, "", "");
}

static void test_other_shells(void)
{
    EXPECT("$T completion", 2, "",
           "triptych: completion: expected one shell: bash, zsh or fish (*");
    EXPECT("$T completion csh", 2, "",
           "triptych: completion: expected one shell: bash, zsh or fish (*");
    EXPECT("$T completion zsh", 0,
           "#compdef triptych\n*'--png-level=[PNG compression (default, fast or "
           "small)]:png-level:(default fast small)'*",
           "");
    EXPECT("$T completion fish", 0,
           "*complete -c triptych -n '__fish_seen_subcommand_from run' -l png-level -x -a 'default "
           "fast small' -d 'PNG compression (default, fast or small)'\n*",
           "");
    if (shell_run("command -v zsh && command -v fish")->code != 0) {
        test_skip("no zsh or no fish");
        return;
    }
    EXPECT("$T completion zsh > _triptych && zsh -n _triptych", 0, "", "");
    EXPECT(
        "$T completion fish > c.fish && fish -n c.fish && PATH=$(dirname \"$T\"):$PATH fish "
        "--no-config -c 'source c.fish; complete -C \"triptych run sobel in.png "
        "--png-level f\"; complete -C \"triptych run sobel,inv\"; complete -C \"triptych dev\"; "
        "complete -C \"triptych lab --se\"; complete -C \"triptych lab grade --c\"; complete -C "
        "\"triptych lab grade --se\"; complete -C \"triptych lab pattern c\"; complete -C "
        "\"triptych lab dead\"; complete -C \"triptych lab race mem\"; complete -C \"triptych lab "
        "grad\"'",
        0,
        "fast*\nsobel,invert\ndevices\tlist*\n--seed\tdraw*\n--csv\tprint*\ncsp\ndeadlock\n"
        "memory\ngrade\n",
        "");
    EXPECT("rm _triptych c.fish", 0, "", "");
}

/* The completion of each shell has every option in a command's help. */
static void test_all_options(void)
{
    static const char *const commands[] = {"run",       "montage", "sheet",   "bench",  "compare",
                                           "results",   "verify",  "devices", "doctor", "lab",
                                           "lab grade", "kernels", "serve",   "learn",  "cluster"};
    char command[400];

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        for (int shell = 0; shell < 3; shell++) {
            static const char *const shells[] = {"bash", "zsh", "fish"};
            snprintf(command, sizeof command,
                     "$T completion %s > c; $T %s --help | grep -v 'triptych --version' | grep -o "
                     "-e '--[a-z][a-z-]*' | sort -u | while read -r o; do "
                     "grep -q -e \"$o\" -e \"-l ${o#--} \" c || echo \"$o\"; done; rm c",
                     shells[shell], commands[i]);
            EXPECT(command, 0, "", "");
        }
    }
    EXPECT("$T completion fish | grep -c -e \"-d ''\"", 1, "0\n",
           ""); /* every option has a description */
}

/* The manual's section of each command has all its options; --help is documented once for all. */
static void test_manual(void)
{
    static const char *const commands[] = {"run",       "montage", "sheet",   "bench",  "compare",
                                           "results",   "verify",  "devices", "doctor", "lab",
                                           "lab grade", "kernels", "serve",   "learn",  "cluster"};
    char command[500];

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        snprintf(
            command, sizeof command,
            "sed -n '/^\\.SS %s$/,/^\\.S[SH] /p' \"$ROOT/docs/triptych.1\" | sed "
            "'s/\\\\-/-/g' > page; $T completion bash | "
            "grep \"^        '*%s'*) words='--\" | grep -o -e '--[a-z-]*' | grep -v -e '--help' | "
            "while read -r o; do "
            "grep -q -e \"$o\\b\" page || echo \"$o\"; done; test -s page && rm page",
            commands[i], commands[i]);
        EXPECT(command, 0, "", "");
    }
    EXPECT("grep -A 2 '^Each command takes' \"$ROOT/docs/triptych.1\" | grep -c help", 0, "1\n",
           "");
}

/* Errors list the values that the completion offers. */
static void test_choices(void)
{
    EXPECT("$T run invert a.png -o b.png --planes no", 2, "",
           "triptych: run: invalid value 'no' for --planes; expected one of all, y (see *");
    EXPECT("$T run invert a.png -o b.png --planes ''", 2, "",
           "triptych: run: invalid value '' for --planes; expected one of all, y (see *");
    EXPECT("$T run invert a.png -o b.png --subsampling 42", 2, "",
           "*invalid value '42' for --subsampling; expected one of 420, 422, 444 (see *");
    EXPECT("$T run invert a.png -o b.png --quality 0", 2, "",
           "triptych: run: invalid value '0' for --quality; expected 1 to 100 (see *");
    EXPECT("$T run invert a.png -o b.png --jobs", 2, "",
           "triptych: run: option '--jobs' needs a value (see *");
    EXPECT("$T run invert a.png -o b.png -j", 2, "",
           "triptych: run: option '-j' needs a value (see *");
    EXPECT("$T run invert a.png -o b.png --no", 2, "",
           "triptych: run: ambiguous option '--no' (see *");
    expect_bash("run sobel in.png --planes \"\"", "all y ");
    expect_bash("run sobel in.png --background ma", "magenta ");
    EXPECT("rm c", 0, "", "");
}

/* ---- make ---- */

/* Puts a pkg-config that does not know some packages first in PATH. */
static const char *with_missing(const char *packages, const char *goal)
{
    static char command[900];

    snprintf(command, sizeof command,
             "real=$(command -v pkg-config); mkdir -p fake; printf '#!/bin/sh\\nfor p in %s; do "
             "case \"$*\" in *$p*) exit 1;; esac; done\\n"
             "exec %%s \"$@\"\\n' \"$real\" > fake/pkg-config; chmod +x fake/pkg-config; env -u "
             "MAKEFLAGS -u MAKELEVEL -u MFLAGS "
             "PATH=\"$PWD/fake:$PATH\" make -s -C \"$ROOT\" BUILD=\"$PWD/b\" %s; code=$?; rm -rf "
             "fake b; exit $code",
             packages, goal);
    return command;
}

static void test_missing(void)
{
    if (shell_run("command -v make && command -v pkg-config")->code != 0 ||
        shell_run("test -f \"$ROOT/Makefile\"")->code != 0) {
        test_skip("no make");
        return;
    }
    EXPECT(with_missing("jansson", "all"), 2, "",
           "Makefile:*: *** missing: libjansson-dev. Install with: apt-get install libjansson-dev, "
           "or all packages with: sh setup.sh deps.  Stop.\n");
    EXPECT(with_missing("jansson", "clean help"), 0, "*build the program*", "");
    EXPECT(with_missing("libtiff libavformat", "summary KERNEL_CC=clang"), 0,
           "built in: *kernels by clang\nmissing: tiff; install libtiff-dev (4.5 or "
           "newer)\nmissing: libav; install libavformat-dev*",
           "");
    EXPECT(with_missing("libisal", "summary KERNEL_CC=gcc"), 0,
           "built in: *deflated by zlib; kernels by gcc\n*warning: without clang kernels have no "
           "SIMD lanes and take 16 (gaussian) to 20 (sobel) times as long; install clang\n",
           "");
}

int test_completion_suite(void)
{
    CU_pSuite suite = CU_add_suite("completion", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "bash", test_bash) &&
             CU_add_test(suite, "zsh and fish", test_other_shells) &&
             CU_add_test(suite, "all options", test_all_options) &&
             CU_add_test(suite, "options in the manual", test_manual) &&
             CU_add_test(suite, "choices", test_choices) &&
             CU_add_test(suite, "what make tells", test_missing));
}
