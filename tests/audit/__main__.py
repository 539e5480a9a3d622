"""`python -m tests.audit` exits with 1 for a known vulnerability in a lock, and with 0 and a warning if a database is
unreachable.
"""

import sys
from collections.abc import Iterator

from infra.packing import ROOT
from tests.audit import npm, pypi
from tests.audit.answer import Answer, Failed
from tests.audit.locks import pins

_JAVASCRIPT = ROOT / "tests/compatibility/javascript"


def main() -> int:
    held = pins((ROOT / "requirements").glob("*.txt"))
    try:
        answers = {
            f"PyPI's advisories on {len(held)} versions in requirements/": pypi.ask(held),
            "npm's advisories on package-lock.json": npm.ask(ROOT),
            "npm's advisories on the package-lock.json of make compatibility": npm.ask(_JAVASCRIPT),
        }
    except (Failed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for line in (line for what, answer in answers.items() for line in describe(what, answer)):
        print(line)
    return 1 if any(answer.findings for answer in answers.values()) else 0


def describe(what: str, answer: Answer) -> Iterator[str]:
    """Returns the report on one database."""
    if answer.unreached:
        yield f"warning: {what} could not be reached, so nothing is known: {answer.unreached}"
    elif not answer.findings:
        yield f"{what}: none"
    if answer.findings:
        yield f"{what}: {len(answer.findings)}"
    yield from (f"  {finding}" for finding in answer.findings)
    if answer.unknown:
        yield f"warning: {what} do not know {', '.join(answer.unknown)}"


if __name__ == "__main__":
    sys.exit(main())
