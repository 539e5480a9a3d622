"""`distillery verify`: checks the signed record of a run, on this machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.record_documents import RefusalOutput, VerifyOutput
from distillery.cli.target import target
from distillery.cli.terminal import WordTable, append_row, echo, show, write_json
from distillery.core import clock
from distillery.core.errors import BadRequest, RecordRefused
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from decimal import Decimal

    from distillery.core.recipe import Recipe
    from distillery.records.public_key import PublicKey
    from distillery.records.record import ScoreInterval
    from distillery.records.refusal import Refusal
    from distillery.records.verification import Verified
    from distillery.settings.promotion import Promotion

MOST_BYTES = 4_000
"""Bytes of a file that are read as a public key."""
NO_BOUND = "no bound"
"""What is printed where an interval has no bound on a side."""


def verify(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A signed record, as its environment wrote it.", exists=True, dir_okay=False)
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of a public key in PEM that is trusted; repeat it for several. Default: those of the "
            "environment's settings, whose other rules are then checked too.",
            show_default=False,
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check who signed a record, whether it is unchanged, and what speaks against its promotion to the environment.

    Nothing is sent. What only the environment's account knows is checked by the promotion: what is live there, and
    whether the record was used.
    """
    from distillery.records.verification import verify as verified_by

    environment = target(context).environment
    promotion = None if key else admitting(environment)
    keys = public_keys(promotion.public_keys) if promotion else [_key(one) for one in key or ()]
    try:
        verified = verified_by(_bytes(file), keys)
    except RecordRefused as error:
        _report(file, None, [RefusalOutput(reason=error.reason, sentence=str(error))], as_json=as_json)
        raise typer.Exit(ExitCode.REFUSED) from None
    found = [
        RefusalOutput(reason=reason, sentence=said) for reason, said in _refusals(environment, verified, promotion)
    ]
    _report(file, verified, found, as_json=as_json)
    if found:
        raise typer.Exit(ExitCode.REFUSED)


def admitting(environment: str) -> "Promotion":
    """What an environment admits. Raises BadRequest where it admits nothing."""
    from distillery.settings.reading import parse, read

    found = parse(read(environment), environment).promotion
    if found is None or not found.public_keys:
        raise BadRequest(
            f"environments/{environment}.toml has no public_keys in a table [promotion]; they are needed, or a file "
            "with --key: name the environment that the student is to be promoted to (--env), or pass the key of the "
            "one that signed"
        )
    return found


def public_keys(texts: Sequence[str]) -> list["PublicKey"]:
    """The keys of PEM texts. Raises BadRequest where one is no key."""
    from distillery.records.public_key import PublicKey

    return [PublicKey.from_pem(text) for text in texts]


def _key(file: Path) -> "PublicKey":
    with file.open("rb") as body:
        text = body.read(MOST_BYTES).decode("ascii", errors="replace")
    try:
        (key,) = public_keys([text])
    except BadRequest as error:
        error.add_note(f"the file of the key is {file}")
        raise
    return key


def _bytes(file: Path) -> bytes:
    """What a reader needs of the file to refuse it where it is too large."""
    from distillery.records.strict_json import LARGEST_BYTES

    with file.open("rb") as body:
        return body.read(LARGEST_BYTES + 1)


def _refusals(environment: str, verified: "Verified", promotion: "Promotion | None") -> Iterator[tuple["Refusal", str]]:
    """What speaks against the promotion: with a key alone, only that the record is not valid now."""
    from distillery.records.admission import PromotionRequest, TargetEnvironment, refusals, untimely

    request = PromotionRequest(verified=verified, promotion="", now=clock.now())
    if promotion is None:
        return untimely(request)
    return refusals(
        request,
        TargetEnvironment(
            environment=environment,
            through=promotion.through,
            admits_overruled=promotion.admit_overruled,
            valid_days=promotion.valid_days,
            recipe=_recipe(environment, request.record.recipe),
        ),
    )


def _recipe(environment: str, name: str) -> "Recipe | None":
    from distillery.settings.reading import parse, read

    return parse(read(environment), environment).recipes.get(name)


def _rounded(value: "Decimal | None", missing: str) -> str:
    """A score or a bound with three decimals, so that a row fits a line; --json prints what was signed."""
    from distillery.evaluation.report import words

    return missing if value is None else words.score(float(value))


def _between(interval: "ScoreInterval | None") -> str:
    return f"{_rounded(interval.low, NO_BOUND)} to {_rounded(interval.high, NO_BOUND)}" if interval else ""


def _report(file: Path, verified: "Verified | None", found: Sequence[RefusalOutput], *, as_json: bool) -> None:
    record = verified.statement.record if verified else None
    if as_json:
        made = VerifyOutput(
            file=str(file),
            admitted=not found,
            refusals=list(found),
            key_id=verified.key_id if verified else None,
            digest=verified.digest if verified else None,
            subjects=dict(verified.statement.subjects) if verified else {},
            record=to_wire(record) if record else None,
        )
        write_json(document("verify", made))
        return
    if verified and record:
        said = record.evaluation
        echo("run {} of {} {}: {} by {}", record.run, record.environment, record.account, said.outcome, said.measure)
        table = WordTable("model", "score", "interval", "scored", box=None, pad_edge=False, header_style="dim")
        for one in said.models:
            score, between = _rounded(one.score, "unknown"), _between(one.interval)
            append_row(table, one.role, score, between, f"{one.scored:,} of {one.asked:,}")
        show(table)
        echo("clusters: {}; judged {}; valid until {}", said.clusters, said.judged, record.expires)
        if record.accepted:
            echo("accepted by {}: {}", record.accepted.by, record.accepted.reason)
        echo("signed by key {}", verified.key_id)
        echo("record {}", verified.digest)
    for refusal in found:
        echo("[red]refused[/red] ({}): {}", refusal.reason, refusal.sentence)
    if not found:
        echo("[green]the record is valid[/green]")
