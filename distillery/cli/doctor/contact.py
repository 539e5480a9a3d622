"""First contact: which questions are asked for how much, what is recorded, and the report for the maintainers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from distillery import __version__
from distillery.cli.doctor.asking import Contact, Undecided, ask
from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, unchecked
from distillery.cli.doctor.models import pairs
from distillery.core.errors import DistilleryError
from distillery.core.first_contact.answers import Answer, record
from distillery.core.first_contact.questions import MODELS_ANSWER, NO, QUESTIONS, Question

if TYPE_CHECKING:
    from distillery.cli.probe import ProbeResult

CHECK = "first-contact"
_ACCOUNT = re.compile(r"\b\d{12}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was asked. `answer` is None, and `undecided` says why, where there is none."""

    question: Question
    answer: Answer | None = None
    undecided: str = ""


def price(question: Question, examined: Examined) -> Decimal:
    """What asking costs at most: a call of each model, or one of the application profile."""
    return question.usd * (len(pairs(examined)) if question.id == MODELS_ANSWER else 1)


def ask_all(examined: Examined, spend: Decimal) -> Iterator[Asked]:
    """Asks the free questions, then those that cost, cheapest first, as long as `spend` lasts."""
    contact, left = _contact(examined), spend
    for question in sorted(QUESTIONS, key=lambda each: price(each, examined)):
        usd = price(question, examined)
        if usd > left:
            yield Asked(question=question, undecided=f"it costs up to ${usd}, and ${left} of --spend are left")
            continue
        left -= usd
        try:
            yield Asked(question=question, answer=ask(contact, question))
        except Undecided as none:
            yield Asked(question=question, undecided=str(none))
        except (LookupError, TypeError, ValueError) as shape:  # an answer of another shape, as of an emulator
            yield Asked(question=question, undecided=f"{type(shape).__name__}: {shape}")


def keep(examined: Examined, asked: Sequence[Asked]) -> DoctorFinding:
    """Records the answers where the product reads them."""
    from distillery.client import AWS_ERRORS

    found = [each.answer for each in asked if each.answer]
    name = examined.names.first_contact
    try:
        every = record(examined.client("ssm"), examined.names, found)
    except AWS_ERRORS as error:
        why = "the product goes on as if nobody had asked"
        return unchecked(f"the answers were not recorded: {error}", why, f"allow ssm:PutParameter on {name}, repeat")
    return info(f"{len(found)} answers recorded, {len(every)} in all: parameter {name} in {examined.home}")


def finding(asked: Asked) -> DoctorFinding:
    """What one answer means."""
    question, answer = asked.question, asked.answer
    if answer is None:
        how = f"ask again later; it needs {', '.join(question.permissions)}"
        return unchecked(f"{question.text} No answer: {asked.undecided}", question.effect(""), how)
    seen = f"{answer.answer}{f' ({answer.detail})' if answer.detail else ''}"
    if question.id == MODELS_ANSWER and answer.answer == NO:
        how = "grant access or subscribe (Bedrock console, Model catalog), or name another model in the settings"
        return blocks(f"{question.text} {seen}", "calls of these models fail, in runs or in routes", how)
    return info(f"{question.text} {seen}: {question.effect(answer.answer)}")


def report(asked: Sequence[Asked]) -> str:
    """The text for the maintainers. It names no account."""
    lines = [f"Distillery {__version__}: answers of AWS to open questions"]
    for each in asked:
        if each.answer:
            lines.append(f"- {each.question.id}: {each.answer.answer} ({each.answer.at}) {each.answer.detail}".rstrip())
        else:
            lines.append(f"- {each.question.id}: no answer, {each.undecided}")
    return _ACCOUNT.sub("ACCOUNT", "\n".join(lines))


def _contact(examined: Examined) -> Contact:
    settings = examined.settings
    return Contact(
        client=lambda service, region: examined.client(service, region),
        names=examined.names,
        home=examined.home,
        models=pairs(examined),
        students=sorted({recipe.student for recipe in settings.recipes.values()}) if settings else (),
        key=_key(examined),
        probe=_probe(examined),
    )


def _key(examined: Examined) -> str:
    from distillery.client import AWS_ERRORS

    foundation = examined.names.stack("foundation")
    try:
        outputs: Mapping[str, str] = {
            each["OutputKey"]: each["OutputValue"]
            for _, stack in examined.deployed()
            if stack["StackName"] == foundation
            for each in stack.get("Outputs", [])
        }
    except (*AWS_ERRORS, LookupError, TypeError):
        return ""
    return outputs.get("KeyArn", "")


def _probe(examined: Examined) -> Callable[[], tuple[bool | None, str]] | None:
    """`distillery probe` of the first optimized step with an application profile; None if there is none."""
    from distillery.cli.probe import optimized_steps, probe_step
    from distillery.cli.route_maps import parse, read_documents
    from distillery.client import AWS_ERRORS, NotDeployed, NotReached
    from distillery.client.published_maps import PublishedMaps

    try:
        maps = [parse(route, document) for route, document in read_documents(examined.on).items()]
    except (*AWS_ERRORS, NotDeployed, NotReached, DistilleryError, LookupError):
        return None
    found = [(one, *step) for one in maps for step in optimized_steps(one)]
    if not found:
        return None
    (route, index, step), *_ = found

    def probe() -> tuple[bool | None, str]:
        result: ProbeResult = probe_step(examined.on, route, index, step)
        if result.probed is not None:
            PublishedMaps(examined.on.account).put_probe_result(
                route.route, application=str(step.application), works=result.probed
            )
        return result.probed, result.reason

    return probe
