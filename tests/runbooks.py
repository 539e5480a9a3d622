"""The commands of the runbooks, read from the pages, and who runs each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "runbooks"
PAGES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.md"))
ON_CALL, OWNER, DEPLOYER = "on-call", "account owner", "deployer"
OF_OTHERS = {"run": "operator", "accept": "approver", "reject": "approver", "ask": "caller", "collect": "collector"}
"""Verbs of `distillery` for which the person on call has no policy, and the role that has one."""
_BLOCK = re.compile(r"(?:^ {4,}\S.*\n)+", re.MULTILINE)
_INLINE = re.compile(r"`((?:distillery|aws|cdk) [^`]+)`")
_ACTION = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)")
_OWNERS = re.compile(r"commands\s+need\s+the\s+account\s+owner:([^.]*)\.")
SERVICES = {"stepfunctions": "states"}
ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction", "logs:Tail": "logs:FilterLogEvents"}
"""Verbs of the AWS CLI that are authorized under another name."""


@dataclass(frozen=True, slots=True)
class RunbookCommand:
    """A command of a page. `who`: the role that runs it. `says`: the text around it, which must name another role.
    `inline`: whether it is in a sentence; a command in a block may set variables for those after it."""

    page: str
    text: str
    who: str
    says: str
    inline: bool = False

    @property
    def assigns(self) -> bool:
        return re.match(r"(export )?\w+=(?!\S+ aws)", self.text) is not None


def commands(page: str) -> list[RunbookCommand]:
    """The commands of a page in their order: those of blocks first."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    owners = owners_of(page)
    found = [
        RunbookCommand(page, command, _who(command, owners), command)
        for block in _BLOCK.findall(text)
        for command in _joined(block)
    ]
    inline = (
        RunbookCommand(page, command, _who(command, owners), paragraph, inline=True)
        for paragraph in text.split("\n\n")
        for command in _INLINE.findall(paragraph)
        if len(command.split()) > 2  # two words name a verb
    )
    return [*found, *inline]


def _joined(block: str) -> Iterator[str]:
    """The commands of a block, with their continued lines and without what only indents them."""
    continued = ""
    for line in block.splitlines():
        continued += line.strip() if not continued else f" {line.strip()}"
        if continued.endswith("\\"):
            continued = continued[:-1].rstrip()
            continue
        yield continued
        continued = ""


def actions_of(command: str) -> set[str]:
    """The IAM actions of a command of the AWS CLI; none of another command."""
    return {_action(service, verb) for service, verb in _ACTION.findall(command)}


def _action(service: str, verb: str) -> str:
    name = f"{SERVICES.get(service, service)}:{''.join(part.title() for part in verb.split('-'))}"
    return ACTIONS.get(name, name)


def owners_of(page: str) -> set[str]:
    """The actions that a page says to need the account owner."""
    found = _OWNERS.search((FOLDER / page).read_text(encoding="utf-8"))
    return set(re.findall(r"`(\w+:\w+)`", found[1])) if found else set()


def _who(command: str, owners: set[str]) -> str:
    words = command.split()
    if words[0] == "cdk":
        return DEPLOYER
    if words[0] == "distillery":
        verb = next(word for word in re.sub(r"--(env|region) \S+", "", command).split()[1:])
        return OF_OTHERS.get(verb, ON_CALL)
    return OWNER if actions_of(command) & owners or "needs the account owner" in command else ON_CALL
