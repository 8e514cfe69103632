"""check_page.py links PAGE.md... -- prints each link to a file or heading that does not exist.
check_page.py made TEMPLATE.md PAGE.md -- prints what PAGE lacks of the text between the placeholders of TEMPLATE."""
import os
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def without_code(text):
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)


def anchors(path):
    """Those that GitHub gives to headings."""
    heads = re.findall(r"^#+ +(.*?) *$", re.sub(r"^```.*?^```", "", read(path), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def links(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(read(path))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = os.path.join(os.path.dirname(path), name) if name else path
        if not os.path.exists(target):
            print("%s: no file %s" % (path, link))
        elif anchor and anchor not in anchors(target):
            print("%s: no heading %s" % (path, link))


def made(template, page):
    text, at = read(page), 0
    for part in re.split(r"\{\{.*?\}\}", read(template)):
        found = text.find(part, at)
        if found < 0:
            print("%s lacks: %s" % (page, part.strip()))
            return
        at = found + len(part)


if sys.argv[1] == "links":
    for page in sys.argv[2:]:
        links(page)
else:
    made(*sys.argv[2:])
