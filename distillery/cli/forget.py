"""`distillery forget`: deletes every copy of a text, and lists the models that learned it."""

import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, echo_error, write_json
from distillery.core.errors import BadRequest
from distillery.core.escaping import address

if TYPE_CHECKING:
    from distillery.cli.erasure.copies import Copy, SearchResult, VersionedBucket
    from distillery.cli.erasure.learners import Learner
    from distillery.cli.erasure.matching import Matcher

LEFT = ExitCode.WAITS
"""Exit code if copies remain: needed ones, ones that S3 refused to delete, or files that could not be read."""
MAX_SHOWN = 20
PROGRESS_EVERY = 500


def forget(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Option(
            help="Everything that contains this text, such as a name or an address; - reads it from standard input."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="These prompts: .jsonl or .jsonl.gz, as uploaded.", exists=True, dir_okay=False)
    ] = None,
    digest: Annotated[str | None, typer.Option(help="The prompt with this digest, as reports give it.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Search only this recipe's files, and no logged calls.")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Include golden sets, and data sets of models and runs in use.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Search, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete what is found without confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; deletes only with --yes.")] = False,
) -> None:
    """Find every copy of a text in all versions, list the models that learned it, and delete the copies."""
    if dry_run and yes:
        raise BadRequest("--dry-run deletes nothing and --yes does; use one of them")
    on = target(context)
    buckets = _buckets(on, recipe)
    matcher = _matcher(buckets, text, file, digest)
    found = _search(on, buckets, matcher, everything=everything)
    learned = _learners(on, found, [recipe] if recipe else on.recipes)
    going = [copy for copy in found.copies if not copy.needed]
    if not as_json:
        _print_found(found, learned, going)
    search_only = dry_run or (as_json and not yes)
    deletes = bool(going) and not search_only
    if deletes and not yes:
        confirm("delete {} for good?", _count(going))
    refused = _delete(going, quiet=as_json) if deletes else {}
    if as_json:
        write_json(document("forget", _document(found, learned, refused, deleted=deletes)))
    elif deletes:
        _print_deleted(going, refused)
    if found.unread or (not search_only and (refused or len(going) < len(found.copies))):
        raise typer.Exit(LEFT)


def _buckets(on: Target, recipe: str | None) -> list["VersionedBucket"]:
    """Returns the buckets to search. Logged calls belong to no recipe, so a search for one recipe leaves them out."""
    from distillery.cli.erasure.copies import VersionedBucket, limited_to
    from distillery.client import NotDeployed, NotReached

    home = on.account.s3()
    found = [
        VersionedBucket(name=str(on.account.pipeline[name]), s3=home) for name in ("prompts_bucket", "data_bucket")
    ]
    if recipe is not None:
        runs = [record.run.id for record in on.ledger.runs(recipe)]
        if not runs:  # a recipe that was removed from the settings may have left texts
            on.require_recipe(recipe)
        return [limited_to(bucket, recipe, runs) for bucket in found]
    try:
        logs = str(on.account.collection["bucket"])
    except NotDeployed as error:
        if isinstance(error.__context__, NotReached):
            echo_error(
                "logged calls are not searched: the environment owns no logs, and AWS denies access to earlier ones"
            )
        return found
    return [
        *found,
        VersionedBucket(name=logs, s3=on.account.s3(str(on.account.pipeline["inference_region"])), logs=True),
    ]


def _matcher(buckets: list["VersionedBucket"], text: str | None, file: Path | None, digest: str | None) -> "Matcher":
    """Raises BadRequest unless exactly one option is given, or if nothing has the digest."""
    from distillery.cli.erasure import matching
    from distillery.cli.erasure.copies import prompt_of_digest
    from distillery.datasets.curation.personal_data import mask_text

    masks = mask_text, partial(mask_text, compact=True)
    if sum(one is not None for one in (text, file, digest)) != 1:
        raise BadRequest("name what to forget by one of --text, --file and --digest")
    if text is not None:
        return matching.text_matcher(sys.stdin.read() if text == "-" else text)
    if file is not None:
        return matching.prompt_matcher(matching.read_prompts(file.read_bytes()), *masks)
    if prompt := prompt_of_digest(buckets, str(digest)):
        return matching.prompt_matcher([prompt], *masks)
    raise BadRequest(f"no prompt of digest {address(str(digest))} is in any file; if you have its text, use --text")


def _search(on: Target, buckets: list["VersionedBucket"], matcher: "Matcher", *, everything: bool) -> "SearchResult":
    from distillery.cli.erasure.copies import answers_of, is_golden, search
    from distillery.cli.erasure.learners import in_use, named_system_prompt

    interactive = sys.stderr.isatty()

    def report_progress(searched: int) -> None:
        if searched % PROGRESS_EVERY == 0 and interactive:
            echo_error("{} versions searched", f"{searched:,}")

    found = search(buckets, matcher, report_progress)
    recipes = found.recipes
    records = {recipe: on.ledger.runs(recipe) for recipe in recipes}
    aliases = {recipe: on.account.alias(recipe) for recipe in recipes}
    runs = [
        record.run.id
        for recipe in records
        for record in records[recipe]
        if (recipe, record.run.dataset.digest) in found.datasets
    ]
    data = next(bucket for bucket in buckets if bucket.name == on.account.pipeline["data_bucket"])
    found.copies += answers_of(data, runs, found)

    def with_need(copy: "Copy") -> "Copy":
        if everything:
            return copy
        if is_golden(copy):
            return replace(copy, needed="a golden set")
        if copy.dataset:
            recipe, digest = copy.dataset
            return replace(copy, needed=in_use(records[recipe], aliases[recipe], digest))
        if copy.system_prompt:
            recipe, sha256 = copy.system_prompt
            return replace(copy, needed=named_system_prompt(aliases[recipe], sha256))
        return copy

    found.copies = [with_need(copy) for copy in found.copies]
    return found


def _learners(on: Target, found: "SearchResult", recipes: list[str]) -> list["Learner"]:
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


def _delete(going: list["Copy"], *, quiet: bool) -> dict[str, str]:
    from distillery.cli.erasure.copies import erase

    def report_deleted(uri: str) -> None:
        if not quiet:
            echo("deleted {}", address(uri))

    return erase(going, report_deleted)


def _print_found(found: "SearchResult", learned: list["Learner"], going: list["Copy"]) -> None:
    echo("{} among {} versions", _count(found.copies), f"{found.searched:,}")
    for copy in going:
        echo("  {}  {} versions", address(copy.uri), len(copy.versions))
    for copy in found.copies:
        if copy.needed:
            echo("  [yellow]kept[/yellow]: {}  {}; --everything deletes it as well", address(copy.uri), copy.needed)
    for uri, why in list(found.unread.items())[:MAX_SHOWN]:
        echo("  [red]could not be read[/red]: {}  {}", address(uri), why)
    if len(found.unread) > MAX_SHOWN:
        echo("  and {} more could not be read", len(found.unread) - MAX_SHOWN)
    for one in learned:
        how = "learned it" if one.sure else "may have learned it, from logged calls"
        where = f", and serves as the {one.serves} model" if one.serves else ""
        echo("{} of run {} ({}) {}{}", one.model or "no model yet", one.run, one.outcome, how, where)


def _print_deleted(going: list["Copy"], refused: dict[str, str]) -> None:
    done = len(going) - len(refused)
    echo("{} of {} deleted; what a model learned stays in it until it is gone", done, _count(going))
    for uri, why in refused.items():
        echo("  [red]not deleted[/red]: {}  {}; run the command again", address(uri), why)


def _document(
    found: "SearchResult", learned: list["Learner"], refused: dict[str, str], *, deleted: bool
) -> dict[str, Any]:
    return {
        "deleted": deleted,
        "copies": [
            {
                "uri": copy.uri,
                "versions": len(copy.versions),
                "kept": copy.needed or None,
                "deleted": deleted and not copy.needed and copy.uri not in refused,
                "refused": refused.get(copy.uri),
            }
            for copy in found.copies
        ],
        "unread": found.unread,
        "learned": [asdict(one) for one in learned],
    }


def _count(copies: list["Copy"]) -> str:
    return "1 copy" if len(copies) == 1 else f"{len(copies)} copies"
