"""docs/datasets.md lists every kind of finding, as the table in the code has it. `UPDATE=1` writes the list anew."""

import os
import re
from pathlib import Path

from distillery.datasets.validation.rules_table import KINDS, SHAPE, SYNTAX, TEXT, WHOLE, Kind

PAGE = Path(__file__).parents[4] / "docs" / "datasets.md"
ROOMS = {
    "Bytes that are not text": TEXT,
    "Text that is not JSON": SYNTAX,
    "JSON that does not fit the schema or the student": SHAPE,
    "The file, or the whole data set": WHOLE,
}
LIST = re.compile(r"(<!-- findings: .*? -->\n).*(<!-- /findings -->)", re.DOTALL)


def row(kind: Kind) -> str:
    cells = (f"`{kind.code}`", kind.severity.value, kind.what, kind.allowed, kind.fix)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def spelled() -> str:
    head = "| code | | what is wrong | allowed | how to fix it |\n|---|---|---|---|---|\n"
    return "\n".join(f"### {room}\n\n{head}{''.join(map(row, kinds))}" for room, kinds in ROOMS.items())


def test_the_page_lists_every_finding() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = LIST.sub(lambda found: f"{found[1]}\n{spelled()}\n{found[2]}", text)
    if os.environ.get("UPDATE") == "1":
        PAGE.write_text(written, encoding="utf-8")
    assert text == written or os.environ.get("UPDATE") == "1", "`UPDATE=1` writes the list anew"


def test_every_kind_has_a_name_of_its_own_and_says_how_to_mend_it() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)
    for kind in KINDS:
        assert all((kind.what, kind.allowed, kind.fix)), kind.code
        assert not any(part.endswith(".") for part in (kind.what, kind.allowed, kind.fix) if part[-4:] != "'().")
