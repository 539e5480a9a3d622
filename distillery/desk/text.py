"""A report of prompts for a person: short, errors first, each kind with its first place and how to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}
PLACES = 5


def heading(report: Mapping[str, Any]) -> str:
    """`15,000 lines, 14,997 prompts (all with a reference answer), 2 duplicates, about 1,204,000 tokens`."""
    prompts, labelled = report["prompts"], report["with_reference"]
    references = "all" if labelled == prompts else "none" if not labelled else f"{labelled:,}"
    parts = [_many(report["lines"], "line"), _many(prompts, "prompt")]
    if prompts:
        parts[-1] += f" ({references} with a reference answer)"
        parts.append(f"about {_many(report['tokens']['about'], 'token')}")
    if report["duplicates"]:
        parts.append(_many(report["duplicates"], "duplicate"))
    return ", ".join(parts)


def findings(report: Mapping[str, Any]) -> Iterator[str]:
    """Lines for the findings, if there are any. Styled: `typer.echo` takes that off outside of a terminal."""
    for found in report.get("findings", ()):
        severity = str(found["severity"])
        times = f" ×{found['count']:,}" if found["count"] > 1 else ""
        yield f"{typer.style(severity, fg=COLOURS[severity], bold=True)} {found['code']}{times}: {found['wrong']}"
        yield f"    at       {_places(found['places'], found['count'])}"
        yield f"    allowed  {found['allowed']}"
        yield f"    fix      {found['fix']}"


def curation(report: Mapping[str, Any]) -> Iterator[str]:
    """Near duplicates, what was not chosen, and personal data; nothing where there is nothing to tell."""
    told = report.get("dataset", {}).get("curation", {})
    if left_out := told.get("near_duplicates"):
        yield f"near duplicates: {_many(left_out, 'prompt')}"
    if left_out := told.get("not_chosen"):
        yield f"not chosen: {_many(left_out, 'prompt')}"
    if prompts := told.get("personal_data", {}).get("prompts"):
        found = ", ".join(f"{count:,} {kind}" for kind, count in told["personal_data"]["found"].items())
        yield f"personal data: {_many(prompts, 'prompt')} ({found})"


def _places(places: Sequence[str], count: int) -> str:
    told = ", ".join(places[:PLACES])
    more = count - len(places[:PLACES])
    return f"{told} and {more:,} more" if more > 0 and len(places) > 1 else told


def estimate(report: Mapping[str, Any]) -> Iterator[str]:
    """What the run would cost, item by item, and what goes on afterwards; nothing where that is not known."""
    if "estimate" not in report:
        return
    estimated = report["estimate"]
    for line in estimated["lines"]:
        yield _usd(line["usd"], line["what"])
    tokens = f"{_many(estimated['tokens_in'], 'token')} in, {estimated['tokens_out']:,} out"
    yield _usd(estimated["total_usd"], f"in all ({tokens}), prices as of {estimated['prices_as_of']} and later")
    if estimated["at_most_usd"] != estimated["total_usd"]:
        yield _usd(estimated["at_most_usd"], "at most, if Bedrock synthesizes as many pairs as it may")
    for line in estimated["afterwards"]:
        yield _usd(line["usd"], f"then: {line['what']}")
    for one in estimated["answers"]:
        told = f"1,000 answers by the {one['who']}, {one['model']}"
        yield _usd(one["usd"], told) if one["usd"] else f"{'hours':>10}  {told}"


def _usd(usd: str, what: str) -> str:
    return f"{'$' + usd:>10}  {what}"


def verdict(report: Mapping[str, Any]) -> str:
    """The last line: how it ended, and why it did if no finding says so."""
    good = report["status"] == "accepted"
    colour = typer.colors.GREEN if good else typer.colors.RED
    told = ", ".join(filter(None, (typer.style(str(report["status"]), fg=colour, bold=True), counts(report))))
    return told if good or report["errors"] else f"{told}: {report['reason']}"


def counts(report: Mapping[str, Any]) -> str:
    """`3 errors, 1 warning`."""
    return ", ".join(_many(report[f"{name}s"], name) for name in ("error", "warning") if report[f"{name}s"])


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
