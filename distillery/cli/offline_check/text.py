"""A report of prompts for a person: short, errors first, each kind with its first place and how to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from distillery.cli.terminal import Text, told

TEMPLATES = {
    "error": "[bold red]error[/bold red] {}{}: {}",
    "warning": "[bold yellow]warning[/bold yellow] {}{}: {}",
}
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


def findings(report: Mapping[str, Any]) -> Iterator[Text]:
    """Lines for the findings, if there are any."""
    for found in report.get("findings", ()):
        times = f" ×{found['count']:,}" if found["count"] > 1 else ""
        yield told(TEMPLATES[found["severity"]], found["code"], times, found["wrong"])
        yield told("    at       {}", _places(found["places"], found["count"]))
        yield told("    allowed  {}", found["allowed"])
        yield told("    fix      {}", found["fix"])


def curation(report: Mapping[str, Any]) -> Iterator[str]:
    """Near duplicates, what was not chosen, and personal data; nothing where there is nothing to tell."""
    made = report.get("dataset", {}).get("curation", {})
    if left_out := made.get("near_duplicates"):
        yield f"near duplicates: {_many(left_out, 'prompt')}"
    if left_out := made.get("not_chosen"):
        yield f"not chosen: {_many(left_out, 'prompt')}"
    if prompts := made.get("personal_data", {}).get("prompts"):
        found = ", ".join(f"{count:,} {kind}" for kind, count in made["personal_data"]["found"].items())
        yield f"personal data: {_many(prompts, 'prompt')} ({found})"


def _places(places: Sequence[str], count: int) -> str:
    named = ", ".join(places[:PLACES])
    more = count - len(places[:PLACES])
    return f"{named} and {more:,} more" if more > 0 and len(places) > 1 else named


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
        what = f"1,000 answers by the {one['who']}, {one['model']}"
        yield _usd(one["usd"], what) if one["usd"] else f"{'hours':>10}  {what}"


def _usd(usd: str, what: str) -> str:
    return f"{'$' + usd:>10}  {what}"


def verdict(report: Mapping[str, Any]) -> Text:
    """The last line: how it ended, and why it did if no finding says so."""
    good = report["status"] == "accepted"
    counted = f", {counts(report)}" if counts(report) else ""
    why = "" if good or report["errors"] else f": {report['reason']}"
    status = told("[bold green]{}[/bold green]" if good else "[bold red]{}[/bold red]", report["status"])
    return told("{}{}{}", status, counted, why)


def counts(report: Mapping[str, Any]) -> str:
    """`3 errors, 1 warning`."""
    return ", ".join(_many(report[f"{name}s"], name) for name in ("error", "warning") if report[f"{name}s"])


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
