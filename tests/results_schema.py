"""results_schema.py SCHEMA FILE... -- checks files of results against docs/results-schema.json.

Prints what is wrong, and exits with 1; with 77 if the module jsonschema is not installed.
"""
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(77)


def errors_of(schema, kinds, document):
    """Checks the kind that the file states: the errors of 'oneOf' would not say which member is wrong."""
    name = kinds.get(document.get("kind"))
    if name is None:
        return ["unknown kind %r" % document.get("kind")]
    own = {key: value for key, value in schema.items() if key != "oneOf"}
    own["$ref"] = "#/$defs/" + name
    return ["%s: %s" % ("/".join(map(str, error.path)), error.message[:300])
            for error in Draft202012Validator(own).iter_errors(document)]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    kinds = {}
    for choice in schema["oneOf"]:
        name = choice["$ref"].rsplit("/", 1)[1]
        kinds[schema["$defs"][name]["properties"]["kind"]["const"]] = name
    wrong = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        for error in errors_of(schema, kinds, document):
            print("%s: %s" % (path, error))
            wrong += 1
    sys.exit(1 if wrong else 0)


main()
