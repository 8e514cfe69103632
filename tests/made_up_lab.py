"""made_up_lab.py lab --all --json FILE -- as triptych, with a run that is made up. All findings have the verdict $VERDICT.
$NAMES are the experiments; they have the rows that the placeholders of $TEMPLATE name."""
import json
import os
import re
import sys

assert sys.argv[1:4] == ["lab", "--all", "--json"], sys.argv
with open(os.environ["TEMPLATE"], encoding="utf-8") as template:
    named = re.findall(r"\{\{(?:ratio|median) (\w+): (.*?)\}\}", template.read())


def row(name, base, **more):
    return dict({"name": name, "workers": 1, "median_ns": 1234567, "compared_with": base, "speed": 1.25, "speed_low": 0.9,
                 "speed_high": 1.75, "samples_ns": [1, 2]}, **more)


def experiment(name):
    rows = [row("work, alone", "work, alone"), row("work, all", "work, alone", figure=22.1234, unit="% lost",
                                                             figures=[{"figure": 22.1234, "unit": "% lost"},
                                                                      {"figure": 4096.0, "unit": "page faults"}])]
    rows += [row(other, "work, alone") for of, other in named if of == name]
    rows.append({"name": "work, device", "workers": 1, "skipped": "there is none"})
    return {"experiment": name, "claim": "%s is a claim." % name, "workers": 2, "cores": 2, "cores_used_by_others": 1.5,
            "rows": rows, "findings": [{"verdict": os.environ["VERDICT"], "text": "%s takes 1.25 times as long." % name}],
            "answer": None}


names = os.environ["NAMES"].split()
run = {"kind": "lab", "schema": 1, "date": "2001-02-03T04:05:06Z", "cpu": "Made Up", "cores": 2,
       "experiments": [experiment(name) for name in names]}
with open(sys.argv[4], "w", encoding="utf-8") as file:
    json.dump(run, file)
for name in names:
    print("%s\n\nclaim     It is.\n\nOne run of each, one after another:\n\nmain  %s\n\nThe same by core:\n\n"
          "core 0  by core\n\nunclear   It is.\ntry next  Nothing.\n"
          % (name, name.upper()))
