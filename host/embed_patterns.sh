#!/bin/sh
# embed_patterns.sh -- prints a C file with the texts of the given files, as they are: a_b.c is tri_pattern_source_a_b.
for file in "$@"; do
    name=${file##*/}
    echo "extern const char tri_pattern_source_${name%.c}[];"
    echo "const char tri_pattern_source_${name%.c}[] ="
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
    echo '    ;'
done
