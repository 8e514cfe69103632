#!/bin/sh
# embed_text.sh -- prints a C file with the texts of the given files: page.css is tri_page_css.
for file in "$@"; do
    name=${file##*/}
    echo "extern const char tri_$(echo "$name" | tr . _)[];"
    echo "const char tri_$(echo "$name" | tr . _)[] ="
    sed -e 's/^ *//' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
    echo '    ;'
done
