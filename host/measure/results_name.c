/* results_name.c -- the name of a machine's file of results: CPU, device and date. */
#include "measure/measure.h"

#include <ctype.h>
#include <string.h>

/* What models have besides the model: it would only make names longer. */
static const char *const noise[] = {"(R)", "(TM)", "(r)", "(tm)", " Processor", " CPU"};

/* Returns how many characters of noise the text begins with. */
static size_t skipped(const char *text)
{
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (strncmp(text, noise[i], strlen(noise[i])) == 0)
            return strlen(noise[i]);
    return 0;
}

void tri_results_model(const char *text, char *model, size_t size)
{
    size_t used = 0;

    for (size_t skip; *text != '\0' && *text != '@' && used + 1 < size; text += skip) {
        skip = skipped(text);
        if (skip == 0) {
            model[used++] = *text;
            skip = 1;
        }
    }
    while (used > 0 && model[used - 1] == ' ')
        used--;
    model[used] = '\0';
}

/* Appends `text` in lower case, with one hyphen for all else but letters and digits. */
static void append_plain(char *name, size_t size, const char *text)
{
    char model[TRI_RESULTS_NAME];
    size_t used = strlen(name);

    tri_results_model(text, model, sizeof model);
    for (text = model; *text != '\0' && used + 1 < size; text++) {
        if (isalnum((unsigned char)*text))
            name[used++] = (char)tolower((unsigned char)*text);
        else if (used > 0 && isalnum((unsigned char)name[used - 1]))
            name[used++] = '-';
        name[used] = '\0';
    }
    while (used > 0 && name[used - 1] == '-')
        name[--used] = '\0';
}

/* The first device that is not the CPU itself. */
static const struct tri_device_info *first_device(const struct tri_environment *environment)
{
    for (int i = 0; i < environment->device_count; i++)
        if (environment->devices[i].usable && strcmp(environment->devices[i].type, "CPU") != 0)
            return &environment->devices[i];
    return NULL;
}

void tri_results_name(const struct tri_environment *environment, char name[TRI_RESULTS_NAME])
{
    const struct tri_device_info *device = first_device(environment);
    size_t used;

    name[0] = '\0';
    append_plain(name, 80, environment->cpu);
    used = strlen(name);
    snprintf(name + used, TRI_RESULTS_NAME - used, "-%d-core%s_", environment->cores,
             environment->cores == 1 ? "" : "s");
    used = strlen(name);
    append_plain(name, used + 80, device != NULL ? device->name : "no-gpu");
    used = strlen(name);
    snprintf(name + used, TRI_RESULTS_NAME - used, "_%.10s.json", environment->date);
}
