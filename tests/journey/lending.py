"""Two environments of which the second admits the students of the first: what people do from the record to the run.

tests/journey/test_promotion.py runs the commands themselves.
"""

import base64
from typing import Any

import boto3

from distillery.client.function_url import post_signed
from distillery.core.ledger.items import RunRecord
from distillery.core.names import HELDOUT_FILE, TRAINING_FILE
from distillery.core.pipeline import Stage
from distillery.core.promotions import MARKER, SHARE, VERB, AdmissionRequest
from distillery.core.serialization import to_wire
from distillery.records.public_key import PublicKey
from tests.journey.environment import Environment


def pinned(source: Environment) -> str:
    """The public key, in PEM, that the source signs with."""
    key = source.client("kms").get_public_key(KeyId=source.outputs["signing_key"])["PublicKey"]
    return PublicKey.from_der(key).pem


def promote(source: Environment, run: str, target: Environment) -> dict[str, Any]:
    """The promoter sends the run's record, then its prompts, unchanged. Returns the admission function's answer."""
    admitted = _admit(source, run, target)
    s3, bucket = target.client_as("promoter", "s3"), str(target.outputs["prompts_bucket"])
    dataset = source.ledger.run(run).run.dataset
    for name, uri in ((TRAINING_FILE, dataset.uri), (HELDOUT_FILE, dataset.heldout_uri)):
        s3.put_object(Bucket=bucket, Key=admitted["prefix"] + name, Body=source.read(uri))
    s3.put_object(Bucket=bucket, Key=admitted["prefix"] + MARKER, Body=b"{}\n")
    return admitted


def _admit(source: Environment, run: str, target: Environment) -> dict[str, Any]:
    report = str(source.ledger.run(run).stages[Stage.EVALUATION].product["report_uri"])
    record = source.read(report.replace("/report.json", "/record.json"))
    asked = AdmissionRequest(record=base64.b64encode(record).decode(), reason="better answers")
    return _ask(target, "promoter", VERB, to_wire(asked))


def _ask(environment: Environment, by: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """Asks a function of the environment by its URL, as a person of that kind."""
    keys = environment.credentials(by)
    session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    return dict(post_signed(session, environment.outputs["decisions"][verb], body, region=environment.home))


def share(source: Environment, run: str, account: str) -> dict[str, Any]:
    """The sharer has the source share the run's model with an account. Returns the function's answer."""
    return _ask(source, "sharer", SHARE, {"run": run, "account": account})


def unshare(source: Environment, run: str, account: str) -> None:
    """The sharer has the source end the share."""
    _ask(source, "sharer", SHARE, {"run": run, "account": account, "end": True})


def promoted_run(target: Environment, promotion: str) -> RunRecord:
    """Waits until the run of the promotion has ended. Returns its record."""
    run = target.until(lambda: next((r.run.id for r in target.runs() if r.promotion == promotion), ""), "promoted run")
    return target.wait_for_run(run)


def tags_of(source: Environment, model: str) -> dict[str, str]:
    """The tags of a model."""
    answer = source.client("bedrock").list_tags_for_resource(resourceARN=model)
    return {tag["key"]: tag["value"] for tag in answer["tags"]}
