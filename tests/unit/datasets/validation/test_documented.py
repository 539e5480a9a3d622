"""docs/datasets.md lists all rules. `UPDATE=1` regenerates the list from the rules table."""

import os
import re
from pathlib import Path

from distillery.datasets.validation import file_rules, line_rules
from distillery.datasets.validation.finding import Rule

PAGE = Path(__file__).parents[4] / "docs" / "datasets.md"
SECTIONS = {
    line_rules.LINE_TOO_LONG: "Bytes that are not text",
    line_rules.JSON_ARRAY: "Text that is not JSON",
    line_rules.NOT_AN_OBJECT: "JSON that does not fit the schema or the student",
    file_rules.GZIP_CUT_OFF: "The file, or the whole data set",
}
"""By the first rule of each."""
LIST = re.compile(r"(<!-- findings: .*? -->\n).*(<!-- /findings -->)", re.DOTALL)
HEAD = "| code | | what is wrong | allowed | how to fix it |\n|---|---|---|---|---|\n"


def row(rule: Rule) -> str:
    section = f"\n### {SECTIONS[rule]}\n\n{HEAD}" if rule in SECTIONS else ""
    cells = (f"`{rule.code}`", rule.severity.value, rule.what, rule.allowed, rule.fix)
    return section + "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def test_the_page_lists_every_rule() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = LIST.sub(lambda found: f"{found[1]}{''.join(map(row, file_rules.RULES))}\n{found[2]}", text)
    if os.environ.get("UPDATE") == "1":
        PAGE.write_text(written, encoding="utf-8")
    assert text == written or os.environ.get("UPDATE") == "1", "`UPDATE=1` regenerates the list"


def test_every_rule_has_its_own_code_and_a_fix() -> None:
    codes = [rule.code for rule in file_rules.RULES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)
    for rule in file_rules.RULES:
        assert all((rule.what, rule.allowed, rule.fix)), rule.code
        assert not any(part.endswith(".") for part in (rule.what, rule.allowed, rule.fix) if part[-4:] != "'().")
