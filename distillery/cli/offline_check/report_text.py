"""The report of a data set as text: errors first, each kind once, with its first places and its fix."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from distillery.cli.terminal import Text, styled

TEMPLATES = {
    "error": "[bold red]error[/bold red] {}{}: {}",
    "warning": "[bold yellow]warning[/bold yellow] {}{}: {}",
}
MAX_PLACES = 5
LEFT_OUT = {
    "equal_after_masking": "equal after masking, removed",
    "beside_held_out": "left training, similar to a held-out prompt",
    "held_back": "held back beyond heldout_max; a smaller heldout_share trains on more of them",
    "passages_on_both_sides": "held out with a passage that is trained on; split_group keeps passages apart",
    "not_chosen": "not chosen",
}
"""Counts of a report's `curation` section."""


def heading(report: Mapping[str, Any]) -> str:
    """`15,000 lines, 14,997 prompts (all with a reference answer), 2 duplicates, about 1,204,000 tokens`."""
    prompts, labelled = report["prompts"], report["with_reference"]
    references = "all" if labelled == prompts else "none" if not labelled else f"{labelled:,}"
    parts = [_count(report["lines"], "line"), _count(prompts, "prompt")]
    if prompts:
        parts[-1] += f" ({references} with a reference answer)"
        parts.append(f"about {_count(report['tokens']['about'], 'token')}")
    if report["duplicates"]:
        parts.append(_count(report["duplicates"], "duplicate"))
    return ", ".join(parts)


def finding_lines(report: Mapping[str, Any]) -> Iterator[Text]:
    """Yields the lines of the findings."""
    for found in report.get("findings", ()):
        times = f" ×{found['count']:,}" if found["count"] > 1 else ""
        yield styled(TEMPLATES[found["severity"]], found["code"], times, found["wrong"])
        yield styled("    at       {}", _places(found["places"], found["count"]))
        yield styled("    allowed  {}", found["allowed"])
        yield styled("    fix      {}", found["fix"])


def curation(report: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines on near duplicates, prompts that were not chosen, and personal data, for those that there are."""
    made = report.get("dataset", {}).get("curation", {})
    if found := made.get("near_duplicates"):
        yield f"near duplicates: {_count(found, 'prompt')}, {made.get('near_duplicates_removed', found):,} removed"
    for key, what in LEFT_OUT.items():
        if left_out := made.get(key):
            yield f"{what}: {_count(left_out, 'prompt')}"
    if prompts := made.get("personal_data", {}).get("prompts"):
        found = ", ".join(f"{count:,} {kind}" for kind, count in made["personal_data"]["found"].items())
        yield f"personal data: {_count(prompts, 'prompt')} ({found})"


def system_prompt(report: Mapping[str, Any]) -> Iterator[str]:
    """Yields what the training prompts have as system prompt, which callers of the student need; nothing if unknown."""
    system = report.get("dataset", {}).get("system", {})
    match system.get("use"):
        case "shared":
            yield f"system prompt: all training prompts share one ({system['bytes']:,} bytes); the route sends it"
        case "several":
            yield (
                f"system prompt: the training prompts have {system['different']:,} different ones, so none is stored; "
                "callers must send theirs"
            )


def _places(places: Sequence[str], count: int) -> str:
    named = ", ".join(places[:MAX_PLACES])
    more = count - len(places[:MAX_PLACES])
    return f"{named} and {more:,} more" if more > 0 and len(places) > 1 else named


def estimate_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yields the cost of the run, item by item, and costs after it; nothing if the report has no estimate."""
    if "estimate" not in report:
        return
    estimated = report["estimate"]
    for line in estimated["lines"]:
        yield _usd(line["usd"], line["what"])
    tokens = f"{_count(estimated['tokens_in'], 'token')} in, {estimated['tokens_out']:,} out"
    yield _usd(estimated["total_usd"], f"in all ({tokens}), prices as of {estimated['prices_as_of']} and later")
    if estimated["at_most_usd"] != estimated["total_usd"]:
        yield _usd(estimated["at_most_usd"], "at most, if Bedrock synthesizes as many pairs as it may")
    for line in estimated["afterwards"]:
        yield _usd(line["usd"], f"then: {line['what']}")
    for one in estimated["answers"]:
        what = f"1,000 answers by the {one['who']}, {one['model']}"
        yield _usd(one["usd"], what) if one["usd"] else f"{'hours':>10}  {what}"


def evaluation(report: Mapping[str, Any]) -> Iterator[str]:
    """Yields what the evaluation can decide, or, without a recipe, which grader fits; nothing if neither is known."""
    if "evaluation" in report:
        yield f"verdict: {report['evaluation']['sentence']}"
        if "golden" in report["evaluation"]:
            yield str(report["evaluation"]["golden"])
    if "graders" in report:
        yield f'references: a recipe for them needs grader = "{report["graders"]["fits"]}", by their form'


def _usd(usd: str, what: str) -> str:
    return f"{'$' + usd:>10}  {what}"


def conclusion(report: Mapping[str, Any]) -> Text:
    """Returns the last line: the status, and the reason unless findings give it."""
    accepted = report["status"] == "accepted"
    counted = f", {_counts(report)}" if _counts(report) else ""
    why = "" if accepted or report["errors"] else f": {report['reason']}"
    status = styled("[bold green]{}[/bold green]" if accepted else "[bold red]{}[/bold red]", report["status"])
    return styled("{}{}{}", status, counted, why)


def _counts(report: Mapping[str, Any]) -> str:
    """`3 errors, 1 warning`."""
    return ", ".join(_count(report[f"{name}s"], name) for name in ("error", "warning") if report[f"{name}s"])


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
