"""The settings and commands of docs/promotion.md, so that a journey runs what a reader copies."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "promotion.md"
KINDS = {"data reader": "reader", "promoter": "promoter", "approver": "approver"}
"""The roles that the page names, as `local.people` calls them."""
_WHO = re.compile(rf"# (?P<role>{'|'.join(KINDS)}) of (?P<environment>\w+)(?P<instead>, instead)?$")


@dataclass(frozen=True, slots=True)
class PageCommand:
    """A command of the page.

    Attributes:
        words: Without the program and without `--env`.
        environment: The one of `--env`.
        kind: Who runs it, with credentials for that environment's account.
        instead: Whether it is run in place of the command before it.
    """

    words: tuple[str, ...]
    environment: str
    kind: str
    instead: bool

    @property
    def verb(self) -> str:
        return self.words[0]


def settings() -> list[str]:
    """The tables that are added to the settings of dev, staging and prod, in this order."""
    return _blocks("toml")


def commands() -> list[PageCommand]:
    """The commands of the page's blocks, in their order."""
    return [_command(line) for block in _blocks("sh") for line in block.splitlines()]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def _command(line: str) -> PageCommand:
    who = _WHO.search(line)
    assert who, f"this command names no role of {sorted(KINDS)} and no environment: {line}"
    program, option, environment, *words = shlex.split(line, comments=True)
    assert (program, option) == ("distillery", "--env"), line
    assert environment == who["environment"], line
    return PageCommand(tuple(words), environment, KINDS[who["role"]], bool(who["instead"]))
