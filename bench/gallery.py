#!/usr/bin/env python3
"""gallery.py PROGRAM OUT.html -- a page with a picture of what each kernel does, for `make gallery`.

Each kernel runs as its own example says, on images/street.png. Kernels of two pictures get images/alpha.png too, and
kernels over time the three frames in images/, of which the last is shown. The pictures are in the page itself.
"""
import base64
import html
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile

FRAMES = os.path.join("images", "frame-%d.png")
PICTURE, SECOND = os.path.join("images", "street.png"), os.path.join("images", "alpha.png")
WIDTH, HEIGHT = 320, 240
# Families that are not named come last.
ORDER = ["point", "colour", "tone", "window", "morphology", "geometry", "pair", "time"]

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>triptych: the kernels in pictures</title>
<style>
:root {{ color-scheme: light dark; --ink: #1d2330; --page: #f7f7f4; --card: #fff; --faint: #667; --line: #d8d9dd; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6e7ea; --page: #15171c; --card: #1e2128; --faint: #9aa0ac; --line: #343842; }}
}}
body {{ margin: 0 auto; max-width: 1440px; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 16px/1.45 system-ui, sans-serif; }}
h1 {{ margin: 0; font-size: 1.7rem; }}
h2 {{ margin: 2.2rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); font-size: 1.2rem; }}
nav a {{ margin-right: 1rem; }}
a {{ color: inherit; }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 1rem; }}
figure {{ margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }}
/* Transparent parts show a checkerboard. */
figure img {{ display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain;
  background: repeating-conic-gradient(#8883 0 25%, #0000 0 50%) 0 0 / 16px 16px; }}
figcaption {{ padding: .6rem .8rem .8rem; }}
figcaption b {{ font-size: 1.05rem; }}
figcaption p {{ margin: .1rem 0 .5rem; color: var(--faint); font-size: .9rem; }}
code {{ font: .8rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }}
.from {{ max-width: 250px; }}
</style>
</head>
<body>
<h1>The kernels in pictures</h1>
<p>{count} kernels, each as its example has it. <code>triptych kernels NAME</code> explains one. <code>make gallery</code> makes this page.</p>
<nav>{links}</nav>
<h2>What they get</h2>
<div class="cards">{inputs}</div>
{families}
</body>
</html>
"""

CARD = """<figure id="{name}"><img alt="{alt}" src="data:image/webp;base64,{data}"><figcaption><b>{name}</b>
<p>{summary}</p>{command}</figcaption></figure>
"""


def run(program, *arguments):
    """Returns what the program prints; ends with its message if it fails."""
    try:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout
    except subprocess.CalledProcessError as error:
        sys.exit("gallery.py: triptych %s: %s" % (shlex.join(arguments), error.stderr.strip()))


def thumbnail(program, path, folder):
    """Returns the picture as WebP in base64, no larger than a card."""
    small = os.path.join(folder, "small.webp")
    run(program, "run", "resize:width=%d:height=%d:mode=fit" % (WIDTH, HEIGHT), path, "-q", "--quality", "80", "-o", small)
    with open(small, "rb") as file:
        return base64.b64encode(file.read()).decode()


def example_files(program, name):
    """Returns what follows the pipeline in the kernel's example: its kinds of files."""
    page = run(program, "kernels", name).split("\n")
    return shlex.split(page[page.index("Example:") + 1])[3:]


def second_picture(program, kernel, folder):
    """Returns the path of one that the kernel takes: some need the size of the first."""
    arguments = [program, "run", kernel["example"], PICTURE, "--with", SECOND, "-q", "-o", os.path.join(folder, "any.png")]
    if subprocess.run(arguments, capture_output=True, check=False).returncode == 0:
        return SECOND
    resized = os.path.join(folder, "second.png")
    run(program, "run", "resize:width=640:height=480", SECOND, "-q", "-o", resized)
    return resized


def swirl(folder):
    """Writes maps like remap's own, but large. Returns their paths, without the end."""
    path = os.path.join(folder, "swirl")
    width, height = 640, 480
    with open(path + "_x.pgm", "w", encoding="ascii") as columns, open(path + "_y.pgm", "w", encoding="ascii") as rows:
        for file in columns, rows:
            print("P2 %d %d 65535" % (width, height), file=file)
        for y in range(height):
            for x in range(width):
                across, down = x - width / 2, y - height / 2
                turn = 1.2 * max(0, 1 - math.hypot(across, down) / height * 1.5)
                print(max(0, round(32 * (width / 2 + across * math.cos(turn) - down * math.sin(turn)))), file=columns)
                print(max(0, round(32 * (height / 2 + across * math.sin(turn) + down * math.cos(turn)))), file=rows)
    return path


def example_of(kernel, folder):
    """Returns the kernel's example, with maps of the picture's size."""
    example = kernel["example"]
    if kernel["name"] == "remap":
        path = swirl(folder)
        example = example.replace("@swirl_x", path + "_x.pgm").replace("@swirl_y", path + "_y.pgm")
    return example


def result(program, kernel, folder):
    """Runs the kernel's example. Returns the path of the picture it made."""
    files, out = example_files(program, kernel["name"]), os.path.join(folder, "out.png")
    if files[0] == "in.mp4":
        frames = os.path.join(folder, "frame-%d.png")
        run(program, "run", kernel["example"], FRAMES, "-q", "-o", frames)
        return frames % 3
    second = ["--with", second_picture(program, kernel, folder)] if "--with" in files else []
    run(program, "run", example_of(kernel, folder), PICTURE, *second, "-q", "-o", out)
    return out


def card(name, summary, command, data):
    shown = "<code>%s</code>" % html.escape(command) if command else ""
    return CARD.format(name=html.escape(name), summary=html.escape(summary), command=shown, data=data,
                       alt=html.escape("%s: %s" % (name, summary)))


def kernel_card(program, kernel, folder):
    command = shlex.join(["triptych", "run", kernel["example"], *example_files(program, kernel["name"])])
    return card(kernel["name"], kernel["summary"], command, thumbnail(program, result(program, kernel, folder), folder))


def main():
    program, page = sys.argv[1:]
    kernels = json.loads(run(program, "kernels", "--json"))
    families = {}
    for kernel in sorted(kernels, key=lambda kernel: ORDER.index(kernel["family"]) if kernel["family"] in ORDER else len(ORDER)):
        families.setdefault(kernel["family"], []).append(kernel)
    with tempfile.TemporaryDirectory() as folder:
        inputs = "".join(card(os.path.basename(path), text, "", thumbnail(program, path, folder)) for path, text in
                         ((PICTURE, "the picture"), (SECOND, "the second picture, with transparent parts"),
                          (FRAMES % 3, "the last of three frames")))
        cards = {family: "".join(kernel_card(program, kernel, folder) for kernel in members)
                 for family, members in families.items()}
    parts = ['<h2 id="%s">%s</h2>\n<div class="cards">\n%s</div>' % (family, family, text) for family, text in cards.items()]
    links = "".join('<a href="#%s">%s</a>' % (family, family) for family in cards)
    with open(page, "w", encoding="utf-8") as file:
        file.write(PAGE.format(count=len(kernels), links=links, inputs=inputs, families="\n".join(parts)))


if __name__ == "__main__":
    main()
