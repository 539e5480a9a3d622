"""A promotion to the account, as the command carries it out: first the record, then the prompts, last the marker."""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import PromotionState, state_of
from distillery.core.names import EVALUATIONS_PREFIX
from distillery.core.promotions import FILES, MARKER, Way
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.datasets.examine import Examination, PreparedDataset, prepare, read_for_recipe
from distillery.datasets.validation.reading import InputFile
from distillery.records import rules, statement
from distillery.records.record import TrainingInputs, job_request
from distillery.records.rules import AdmissionRules
from distillery.records.statement import HELDOUT, TRAINING, Statement
from distillery.records.verification import verify
from simulator_support.fakes import ACCOUNT, TODAY
from tests.fakes.records import Signer, evaluation, record
from tests.faults.cloud import Cloud
from tests.faults.functions import VARIABLES
from tests.faults.lenders import LENDER, borrowed_otherwise, copied_otherwise, model_of
from tests.faults.machine import StateFailed

SIGNER = Signer(9)
"""The source environment's key."""
ADMITTING = VARIABLES | {
    str(name): value for name, value in AdmittedWays(lenders=(LENDER,), copy_from=(ACCOUNT,)).variables.items()
}
"""The variables of functions of an environment that admits every way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotable:
    """What the source has: the signed record of a run, and the files of its data set. `model`: its student's ARN where
    the target uses or copies that; else empty."""

    way: Way
    model: str
    record: bytes
    digest: str
    run: str
    prepared: PreparedDataset


def promotable(of: Recipe, body: bytes, way: Way) -> Promotable:
    """A run of these prompts in the environment before, whose place leads to that way."""
    reader = read_for_recipe([InputFile("prompts.jsonl", "s3://there/prompts.jsonl", None, io.BytesIO(body))], of)
    prepared = prepare(reader, of, Examination(of.name))
    subjects = {
        name: hashlib.sha256(file).hexdigest()
        for name, file in ((TRAINING, prepared.train), (HELDOUT, prepared.heldout))
    }
    training = TrainingInputs(
        dataset_digest=prepared.digest, prompts=prepared.size.prompts, job_request=job_request(of)
    )
    found = record(
        environment=LENDER,
        **_place(way),
        training=training,
        training_digest=training.digest,
        evaluation=evaluation(judged=_at(-2)),
        issued=_at(-1),
        expires=_at(24 * 60),
    )
    signed = SIGNER.sign(statement.write(Statement(record=found, subjects=subjects)))
    model = "" if way is Way.REDISTIL else found.model_arn
    return Promotable(
        way=way,
        model=model,
        record=signed,
        digest=verify(signed, [SIGNER.public]).digest,
        run=found.run,
        prepared=prepared,
    )


def _place(way: Way) -> dict[str, str]:
    if way is Way.REDISTIL:  # by another account, whose student is trained again
        return {"account": "222222222222"}
    model = model_of(way)
    return {"account": ACCOUNT, "region": model.split(":")[3], "model_arn": model}


def _at(hours: float) -> str:
    return (TODAY + timedelta(hours=hours)).isoformat()


def admitting(cloud: Cloud) -> None:
    """What a deployment does with [promotion] in the settings."""
    admitted = AdmissionRules(
        through=(LENDER,), public_keys=(SIGNER.public.pem,), admits_overruled=False, copy_from=(ACCOUNT,)
    )
    cloud.settings[rules.FILE] = to_wire(admitted)


def promote(cloud: Cloud, of: Promotable) -> None:
    """Sends the record and uploads the prompts, like `distillery promote`; also again, after an interruption."""
    try:
        folder = _admit(cloud, of)
    except StateFailed as failed:
        cloud.errors.append(f"promote: {failed}")
        return
    if not folder:
        return
    for name, body in zip((*FILES, MARKER), (of.prepared.train, of.prepared.heldout, b"{}"), strict=True):
        cloud.objects["prompts", f"{folder}{name}"] = body
    detail = {"bucket": {"name": "prompts"}, "object": {"key": f"{folder}{MARKER}", "version-id": "v1"}}
    cloud.deliver("receive", {"detail": detail})
    cloud.run_executions()


def _admit(cloud: Cloud, of: Promotable) -> str:
    """The folder for the prompts; empty if the target refuses."""
    sent: dict[str, Any] = {"record": base64.b64encode(of.record).decode(), "promotion": "", "reason": "the sweep"}
    for _ in range(2):
        answer = cloud.ask("promote", sent)
        body = cloud.body(answer)
        if answer["statusCode"] == HTTPStatus.OK:
            return str(body["prefix"])
        sent |= {"promotion": body["error"].get("promotion", ""), "again": True}
        if not sent["promotion"]:
            break
    cloud.errors.append(f"promote: {body}")
    return ""


def promoted_otherwise(cloud: Cloud, of: Promotable, runs: list[RunRecord]) -> Iterator[str]:
    """What must hold at any time: one promotion has consumed the record, and every run is of it."""
    promotions = Promotions(cloud.table)
    found = promotions.of(cloud.recipe.name)
    if len(found) > 1:
        yield f"{len(found)} promotions have consumed one record"
    if [one.id for one in found] != [each for each in (promotions.used_by(of.digest, LENDER, of.run),) if each]:
        yield "the record and its promotion do not name each other"
    for one in found:
        yield from (f"run {each.run.id} is of no promotion" for each in runs if each.promotion != one.id)
        if runs and one.run != runs[0].run.id:
            yield f"promotion {one.id} names run {one.run or 'none'}, and the latest is {runs[0].run.id}"
        yield from (
            f"run {each.run.id} has another data set" for each in runs if each.run.dataset.digest != of.prepared.digest
        )
    if of.way is Way.REPOINT:
        yield from borrowed_otherwise(cloud, of.model, runs)
    if of.way is Way.COPY:
        yield from copied_otherwise(cloud, of.model, runs)


def not_promoted(cloud: Cloud, of: Promotable) -> Iterator[str]:
    """What must hold in the end: the promotion has ended as promoted, and the signed record names the source's."""
    promotions = Promotions(cloud.table)
    for one in promotions.of(cloud.recipe.name):
        run = promotions.run_of(one)
        if (state := state_of(one, run)) is not PromotionState.PROMOTED:
            yield f"promotion {one.id} is {state}"
            continue
        body = cloud.objects["data", f"{EVALUATIONS_PREFIX}{one.run}/record.json"]
        chain = verify(body, [cloud.kms.signer.public]).statement.record.chain
        if [each.digest for each in chain] != [of.digest]:
            yield f"the record of {one.run} names {[each.environment for each in chain]} before it"
