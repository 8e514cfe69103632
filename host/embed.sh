#!/bin/sh
# embed.sh -- prints a C file with the texts of the given files, for OpenCL and for kernel files of users. Includes
# are left out: the program puts the texts together itself.
echo '#include "registry.h"'
echo '#include <stddef.h>'
echo 'const struct tri_source tri_sources[] = {'
for file in "$@"; do
    name=${file##*/}
    printf '    {"%s",\n' "${name%.cl}"
    sed -e '/^#include "/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/     "/' -e 's/$/\\n"/' "$file"
    echo '    },'
done
echo '    {NULL, NULL}};'
