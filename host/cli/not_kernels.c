/* not_kernels.c -- words that other tools have among their filters, and that are an option or a
 * command here. */
#include "cli/cli.h"
#include "pipeline/spelling.h"

#include <string.h>

static const struct {
    const char *words, *here;
} known[] = {
    {"append|hstack|vstack|montage|tile|xstack", "the command 'triptych montage'"},
    {"contactsheet|contact_sheet|sheet", "the command 'triptych sheet'"},
    {"trim|autocrop|cropdetect", "the option --trim of 'triptych run'; of time --from and --to"},
    {"fps|framerate|frame_rate", "the option --frame-rate of 'triptych run'"},
    {"concat|join", "the option --concat of 'triptych run'"},
    {"reverse", "the option --reverse of 'triptych run'"},
    {"depth|bitdepth", "the option --depth of 'triptych run'"},
    {"colors|colours|quantize|palette", "the option --colors of 'triptych run'"},
    {"ae|compare", "psnr, ssim or absdiff, of two pictures by --with"},
};

void cli_explain_not_kernel(struct tri_error *error)
{
    static const char begin[] = "unknown kernel '";
    const char *word = error->text + strlen(begin);

    if (strncmp(error->text, begin, strlen(begin)) != 0)
        return;
    const size_t length = strcspn(word, "'");
    char name[32];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (length >= sizeof name || tri_word_index(known[i].words, word, length) < 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)length, word);
        tri_fail(error, TRI_USAGE, "unknown kernel '%s': it is %s", name, known[i].here);
        return;
    }
}
