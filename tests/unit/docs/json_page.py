"""The reference of what `--json` prints, generated from the types."""

import json

from distillery.cli.exit_codes import ALWAYS, MEANINGS, VERB_CODES
from distillery.cli.outputs import OUTPUTS, json_schema
from distillery.cli.verbs import VERBS

HEAD = """# JSON output and exit codes

<!-- Generated from the code: `UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes this page. -->

Every verb takes `--json`, and then prints one JSON document and nothing else to standard output. `watch --json` prints
one on each line, when something happens; `run --wait --json` prints its own line first. Errors and hints go to standard
error as text, and the exit code tells them apart.

Each document has a `schema`, such as `distillery.status/1`: the verb and a version. Later releases may add keys to a
version. If a key changes or disappears, the version changes. US dollars are decimal text, times are ISO 8601 in UTC.
"""
CODES = """
## Exit codes

| code | name | meaning |
|---|---|---|
"""
VERB_HEAD = """
Every verb may exit with {}. Besides, of each verb:

| verb | codes |
|---|---|
"""


def page() -> str:
    codes = "".join(f"| {code.value} | `{code.name}` | {said} |\n" for code, said in MEANINGS.items())
    always = ", ".join(str(code.value) for code in ALWAYS)
    verbs = "".join(f"| `{verb}` | {', '.join(map(str, sorted(set(VERB_CODES[verb]))))} |\n" for verb in VERBS)
    return HEAD + CODES + codes + VERB_HEAD.format(always) + verbs + "".join(_verb(verb) for verb in VERBS)


def _verb(verb: str) -> str:
    said = " ".join((OUTPUTS[verb].__doc__ or "").split())
    schema = json.dumps(json_schema(verb), indent=1)
    return f"\n## {verb}\n\n{said}\n\n```json\n{schema}\n```\n"
