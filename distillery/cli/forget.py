"""`distillery forget`: what somebody wrote, deleted wherever it lies, and who learned it."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distillery.cli.target import Target, target
from distillery.cli.terminal import complain, confirm, document, say
from distillery.core.errors import BadRequest
from distillery.core.escaping import address

if TYPE_CHECKING:
    from distillery.cli.erasure.copies import Bucket, Copy, Found
    from distillery.cli.erasure.learners import Learner
    from distillery.cli.erasure.wanted import Holds

LEFT = 3
"""The exit code where copies are left: kept, refused, or in files that could not be read."""
SHOWN = 20
OFTEN = 500


def forget(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Option(help="Whatever holds this, such as a name or an address; - reads it from standard input."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="These prompts: .jsonl or .jsonl.gz, as uploaded.", exists=True, dir_okay=False)
    ] = None,
    digest: Annotated[str | None, typer.Option(help="The prompt of this digest, as reports tell it.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Look through this recipe's files alone, and through no logged calls.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also golden sets, and data sets of models and runs in use.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete what is found without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; deletes only with --yes.")] = False,
) -> None:
    """Find every copy of what somebody wrote, in all versions, say which models learned it, and delete the copies."""
    if dry_run and yes:
        raise BadRequest("--dry-run deletes nothing and --yes does; say one of them")
    on = target(context)
    buckets = _buckets(on, recipe)
    holds = _wanted(buckets, text, file, digest)
    found = _searched(on, buckets, holds, everything=everything)
    learnt = _learnt(on, found, [recipe] if recipe else on.recipes)
    going = [copy for copy in found.copies if not copy.why]
    if not as_json:
        _show(found, learnt, going)
    looks = dry_run or (as_json and not yes)
    deletes = bool(going) and not looks
    if deletes and not yes:
        confirm("delete {} for good?", _many(going))
    refused = _erased(going, quiet=as_json) if deletes else {}
    if as_json:
        document(_told(found, learnt, refused, deleted=deletes))
    elif deletes:
        _conclude(going, refused)
    if found.unread or (not looks and (refused or len(going) < len(found.copies))):
        raise typer.Exit(LEFT)


def _buckets(on: Target, recipe: str | None) -> list["Bucket"]:
    """Those of the home Region, and that of logged calls where the environment has one: no call is a recipe's."""
    from distillery.cli.erasure.copies import Bucket, of_recipe
    from distillery.client import NotDeployed

    home = on.account.s3()
    found = [Bucket(name=str(on.account.pipeline[name]), s3=home) for name in ("prompts_bucket", "data_bucket")]
    if recipe is not None:
        runs = [record.run.id for record in on.ledger.runs(recipe)]
        if not runs:  # a recipe that left the settings has left texts
            on.know(recipe)
        return [of_recipe(bucket, recipe, runs) for bucket in found]
    try:
        logs = str(on.account.collection["bucket"])
    except NotDeployed:
        return found
    return [*found, Bucket(name=logs, s3=on.account.s3(str(on.account.pipeline["inference_region"])), logs=True)]


def _wanted(buckets: list["Bucket"], text: str | None, file: Path | None, digest: str | None) -> "Holds":
    """Raises BadRequest where not one thing is said, or nothing has the digest."""
    from distillery.cli.erasure import wanted
    from distillery.cli.erasure.copies import by_digest
    from distillery.datasets.curation import personal_data

    def masked(said: str) -> str:
        return personal_data.mask(said, personal_data.find(said))

    if sum(one is not None for one in (text, file, digest)) != 1:
        raise BadRequest("say what to forget: one of --text, --file and --digest")
    if text is not None:
        return wanted.anywhere(sys.stdin.read() if text == "-" else text)
    if file is not None:
        return wanted.prompts(wanted.read_prompts(file.read_bytes()), masked)
    if prompt := by_digest(buckets, str(digest)):
        return wanted.prompts([prompt], masked)
    raise BadRequest(f"no prompt of digest {address(str(digest))} is in any file; if you have its text, say --text")


def _searched(on: Target, buckets: list["Bucket"], holds: "Holds", *, everything: bool) -> "Found":
    from distillery.cli.erasure.copies import is_golden, of_runs, search
    from distillery.cli.erasure.learners import in_use

    patient = not sys.stderr.isatty()

    def tell(looked: int) -> None:
        if looked % OFTEN == 0 and not patient:
            complain("{} versions looked at", f"{looked:,}")

    found = search(buckets, holds, tell)
    recipes = {recipe for recipe, _ in found.datasets}
    records = {recipe: on.ledger.runs(recipe) for recipe in recipes}
    aliases = {recipe: on.account.alias(recipe) for recipe in recipes}
    runs = [
        record.run.id
        for recipe in records
        for record in records[recipe]
        if (recipe, record.run.dataset.digest) in found.datasets
    ]
    data = next(bucket for bucket in buckets if bucket.name == on.account.pipeline["data_bucket"])
    found.copies += of_runs(data, runs, found)

    def judged(copy: "Copy") -> "Copy":
        if everything:
            return copy
        if is_golden(copy):
            return replace(copy, why="a golden set")
        if copy.dataset:
            recipe, digest = copy.dataset
            return replace(copy, why=in_use(records[recipe], aliases[recipe], digest))
        return copy

    found.copies = [judged(copy) for copy in found.copies]
    return found


def _learnt(on: Target, found: "Found", recipes: list[str]) -> list["Learner"]:
    from distillery.cli.erasure.learners import learners

    logged = any(copy.bucket.logs for copy in found.copies)
    names = sorted({*recipes, *(recipe for recipe, _ in found.datasets)})
    return [
        one
        for name in names
        for one in learners(
            name,
            on.ledger.runs(name),
            on.account.alias(name),
            {digest for recipe, digest in found.datasets if recipe == name},
            logged=logged,
        )
    ]


def _erased(going: list["Copy"], *, quiet: bool) -> dict[str, str]:
    from distillery.cli.erasure.copies import erase

    def tell(uri: str) -> None:
        if not quiet:
            say("deleted {}", address(uri))

    return erase(going, tell)


def _show(found: "Found", learnt: list["Learner"], going: list["Copy"]) -> None:
    say("{} among {} versions", _many(found.copies), f"{found.looked:,}")
    for copy in going:
        say("  {}  {} versions", address(copy.uri), len(copy.versions))
    for copy in found.copies:
        if copy.why:
            say("  [yellow]kept[/yellow]: {}  {}; --everything deletes it too", address(copy.uri), copy.why)
    for uri, why in list(found.unread.items())[:SHOWN]:
        say("  [red]could not be read[/red]: {}  {}", address(uri), why)
    if len(found.unread) > SHOWN:
        say("  and {} more could not be read", len(found.unread) - SHOWN)
    for one in learnt:
        how = "learned it" if one.sure else "may have learned it, from logged calls"
        where = f", and serves as the {one.serves} model" if one.serves else ""
        say("{} of run {} ({}) {}{}", one.model or "no model yet", one.run, one.outcome, how, where)


def _conclude(going: list["Copy"], refused: dict[str, str]) -> None:
    done = len(going) - len(refused)
    say("{} of {} deleted; what a model learned stays in it until it is gone", done, _many(going))
    for uri, why in refused.items():
        say("  [red]not deleted[/red]: {}  {}; say the same again", address(uri), why)


def _told(found: "Found", learnt: list["Learner"], refused: dict[str, str], *, deleted: bool) -> dict[str, Any]:
    return {
        "deleted": deleted,
        "copies": [
            {
                "uri": copy.uri,
                "versions": len(copy.versions),
                "kept": copy.why or None,
                "deleted": deleted and not copy.why and copy.uri not in refused,
                "refused": refused.get(copy.uri),
            }
            for copy in found.copies
        ],
        "unread": found.unread,
        "learned": [asdict(one) for one in learnt],
    }


def _many(copies: list["Copy"]) -> str:
    return "1 copy" if len(copies) == 1 else f"{len(copies)} copies"
