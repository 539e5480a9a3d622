"""Deletes environments of branches whose last day is over, or whose deletion was interrupted.

`python -m infra.deployment.expired list` lists them, and exits with 1 if there is one.
`python -m infra.deployment.expired delete [--dry-run]` deletes them; with `--branch BRANCH`, that branch's, whenever it
ends, after a question that `--yes` answers.

All look in the account of the credentials, in the two Regions of dev. Each step begins with what is there, so an
interrupted deletion is continued by the next.
"""

import argparse
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from distillery.core import clock
from distillery.core.escaping import one_line
from infra.deployment import web_identity
from infra.deployment.branch_environments import (
    DELETING,
    DELETION_FAILED,
    PIPELINE,
    WORKING,
    BranchEnvironment,
    BranchStack,
    find,
    status,
)
from infra.deployment.ephemeral import SETTINGS_OF, SOURCE

_CLEANING_MINUTES = 45
"""For `distillery clean`: less than the hour of a role's session."""
_STACK_SECONDS = 70 * 60
"""For one stack: its guard works for an hour at most."""
_PAUSE_SECONDS = 15.0
_LOCAL_PAUSE_SECONDS = 0.2
_FAILED_EVENTS = 5


class NotDeleted(Exception):
    """An environment, or a part of it, is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchDeletion:
    """Deletes one environment after another.

    Attributes:
        client: Returns the CloudFormation client of a Region.
        run: Runs a command, whose output people see. Returns its exit code.
        renew: Renews the credentials, as far as they are renewed by hand.
        pause: Waits between two looks at a stack.
        tell: Prints a sentence.
    """

    client: Callable[[str], Any]
    run: Callable[[Sequence[str]], int]
    renew: Callable[[], None]
    pause: Callable[[], None]
    tell: Callable[[str], None]

    def delete(self, environment: BranchEnvironment) -> None:
        """Empties the environment, and deletes its stacks in order. Raises NotDeleted."""
        self.renew()
        for stack in environment.stacks:
            if stack.part == PIPELINE and stack.status in WORKING:
                self._clean(environment, stack.region)
        self.renew()
        for stack in environment.stacks:
            self._delete(stack)
        self.tell(f"{environment.name} of branch {environment.branch} is deleted")

    def _clean(self, environment: BranchEnvironment, home: str) -> None:
        """What no template contains. The function that does it is in the stack of the pipeline."""
        reason = f"the environment of branch {environment.branch} ends"
        command = ["--env", environment.name, "--region", home, "clean", "--retire", "--yes"]
        command += ["--minutes", str(_CLEANING_MINUTES), "--reason", reason]
        if ended := self.run(command):
            raise NotDeleted(f"`distillery clean` ended with {ended}, so no stack of {environment.name} was deleted")

    def _delete(self, stack: BranchStack) -> None:
        cloudformation = self.client(stack.region)
        self.tell(f"deleting {stack.name} in {stack.region}")
        if stack.status != DELETING:
            cloudformation.delete_stack(StackName=stack.name)
        until = clock.now().timestamp() + _STACK_SECONDS
        while found := status(cloudformation, stack.name):
            if found == DELETION_FAILED:
                raise NotDeleted(f"stack {stack.name} was not deleted: {'; '.join(_reasons(cloudformation, stack))}")
            if clock.now().timestamp() > until:
                raise NotDeleted(f"stack {stack.name} is still {found}; the next deletion waits for it again")
            self.pause()


def _reasons(cloudformation: Any, stack: BranchStack) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"] == DELETION_FAILED]
    return [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason given')}"
        for each in failed[:_FAILED_EVENTS]
    ]


def refusal(environment: BranchEnvironment, committed: Collection[str]) -> str:
    """Why the environment is left alone; empty if it may be deleted."""
    if found := environment.objections(committed):
        return f"{environment.name} is left alone: {'; '.join(found)}"
    if environment.is_busy:
        return f"{environment.name} is left alone: somebody deploys it now"
    return ""


def _chosen(found: Sequence[BranchEnvironment], branch: str | None) -> Iterator[BranchEnvironment]:
    on = clock.now().date()
    yield from (each for each in found if (each.has_ended(on) if branch is None else each.branch == branch))


def _again(found: BranchEnvironment, there: Sequence[BranchEnvironment]) -> BranchEnvironment | None:
    """The environment as it is now; None if somebody has deleted it."""
    return next((each for each in there if each.name == found.name), None)


def remove(
    deletion: BranchDeletion, branch: str | None, *, read: Callable[[], list[BranchEnvironment]], dry_run: bool
) -> int:
    """Deletes those that have ended, or the branch's. Returns the exit code: 1 if one is left that should not be.

    Args:
        deletion: Deletes one.
        branch: The branch, or None for all that have ended.
        read: Reads which there are, at first and again before each is deleted.
        dry_run: Whether to say only what would be deleted.
    """
    committed, failed = {file.stem for file in SOURCE.glob("*.toml")}, False
    for found in _chosen(read(), branch):
        environment = found if dry_run else _again(found, read())  # the deletion of those before it takes hours
        if environment is None:
            continue
        moved = environment.last_day != found.last_day and not environment.has_ended(clock.now().date())
        if branch is None and moved and not environment.is_busy:
            deletion.tell(f"{environment.name} is left alone: its last day is {environment.last_day} now")
            continue
        if why := refusal(environment, committed):
            deletion.tell(why)
            failed = True
        elif dry_run:
            stacks = ", ".join(f"{stack.name} in {stack.region}" for stack in environment.stacks)
            deletion.tell(f"would delete {environment.name} of branch {environment.branch}: {stacks}")
        else:
            try:
                deletion.delete(environment)
            except NotDeleted as error:
                deletion.tell(str(error))
                failed = True
    return 1 if failed else 0


def _regions() -> tuple[str, ...]:
    settings = tomllib.loads((SOURCE / f"{SETTINGS_OF}.toml").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys((settings["home_region"], settings["inference_region"])))


def _client(region: str) -> Any:
    import boto3

    return boto3.session.Session().client("cloudformation", region_name=region)


def _renew() -> None:
    """In a workflow: a token lives for minutes, and a session of the role for an hour."""
    if os.environ.get(web_identity.URL):
        web_identity.write_token(os.environ)


def _run(command: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "distillery", *command], check=False).returncode


def _agreed(branch: str) -> bool:
    return input(f"Empty and delete the environment of branch {branch}? Nothing restores it [y/N] ").lower() == "y"


def _tell(sentence: str) -> None:
    print(one_line(sentence), flush=True)  # noqa: T201 # a command's output


def main(arguments: Sequence[str]) -> int:
    """Runs one of the two commands."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployment.expired")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list")
    delete = verbs.add_parser("delete")
    delete.add_argument("--dry-run", action="store_true")
    delete.add_argument("--branch")
    delete.add_argument("--yes", action="store_true")
    asked = parser.parse_args(arguments)

    def read() -> list[BranchEnvironment]:
        return find(_client, _regions())

    if asked.verb == "list":
        ended = list(_chosen(read(), None))
        for each in ended:
            _tell(f"{each.name} of branch {each.branch}, whose last day was {each.last_day}: make destroy-expired")
        return 1 if ended else 0
    if asked.branch is not None and not (asked.yes or asked.dry_run or _agreed(asked.branch)):
        return 1
    seconds = _LOCAL_PAUSE_SECONDS if os.environ.get("DISTILLERY_LOCAL") else _PAUSE_SECONDS
    deletion = BranchDeletion(client=_client, run=_run, renew=_renew, pause=lambda: time.sleep(seconds), tell=_tell)
    return remove(deletion, asked.branch, read=read, dry_run=asked.dry_run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
