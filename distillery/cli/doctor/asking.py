"""Asks the questions. An answer that depends on something that is not there yet, or on a permission, is none."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distillery.core import catalog, clock, model_ids
from distillery.core.aws import AWS_ERRORS, ClientError, code
from distillery.core.catalog.hosting import DEPLOYMENTS_IN_PROGRESS, SERVICE_CODE
from distillery.core.first_contact import questions as q
from distillery.core.first_contact.answers import Answer
from distillery.core.names import Names

UNDECIDED = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ThrottlingException"),
    *("InternalServerException", "ServiceUnavailableException", "UnknownOperationException", "ExpiredTokenException"),
)
"""Codes that say nothing about the question."""
PRICING_REGION = "us-east-1"
"""One of the Regions with an endpoint of the Price List API (General Reference)."""
NOBODYS = "first-contact-no-such-job"
"""The end of the name of a job that nobody has: runs end in a number."""


class Undecided(Exception):
    """The question has no answer here and now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What is needed to ask.

    Attributes:
        client: (service, Region) → client.
        models: (model, Region) of every model that the settings name.
        students: Catalog ids of the students.
        key: ARN of the environment's key; empty before it is deployed.
        probe: Whether application profiles serve optimized latency; None where the request did not decide it, and
            the text of what was seen. It is `distillery probe`, which records its own result too.
    """

    client: Callable[[str, str], Any]
    names: Names
    home: str
    models: Sequence[tuple[str, str]] = ()
    students: Sequence[str] = ()
    key: str = ""
    probe: Callable[[], tuple[bool | None, str]] | None = None


def ask(contact: Contact, question: q.Question) -> Answer:
    """Asks one question. Raises Undecided with the reason."""
    try:
        answer, detail = _ASK[question.id](contact)
    except ClientError as error:
        raise Undecided(f"{code(error)} of {error.operation_name}") from error
    except AWS_ERRORS as error:
        raise Undecided(str(error)) from error
    return Answer(question=question.id, answer=answer, at=clock.stamp(), detail=detail)


def _code_of(call: Callable[[], object]) -> str | None:
    """The code that a call is refused with; None if it succeeds. Raises Undecided."""
    try:
        call()
    except ClientError as error:
        if code(error) in UNDECIDED:
            raise
        return code(error)
    return None


def _missing_job(contact: Contact) -> tuple[str, str]:
    name = contact.names.prefix + NOBODYS
    bedrock = contact.client("bedrock", contact.home)
    found = _code_of(lambda: bedrock.get_model_customization_job(jobIdentifier=name))
    if found is None:
        raise Undecided(f"there is a job {name}")
    return found, ""


def _student_listed(contact: Contact) -> tuple[str, str]:
    bedrock, listed, students = contact.client("bedrock", contact.home), [], []
    for student in contact.students:
        if ident := catalog.model(student).customize:
            students.append(ident)
            details = bedrock.get_foundation_model(modelIdentifier=ident)["modelDetails"]
            listed += [ident] if "DISTILLATION" in details.get("customizationsSupported", []) else []
    if not students:
        raise Undecided("the settings name no student")
    return (q.YES if len(listed) == len(students) else "some" if listed else q.NO), ", ".join(listed)


def _missing_form(contact: Contact) -> tuple[str, str]:
    bedrock = contact.client("bedrock", contact.home)
    return _code_of(bedrock.get_use_case_for_model_access) or "submitted", ""


def _metrics(kind: str, service: str) -> Callable[[Contact], tuple[str, str]]:
    def asked(contact: Contact) -> tuple[str, str]:
        seen = sorted(set(_model_ids(contact)))
        arns = [each for each in seen if f":{kind}/" in each]
        if arns:
            return q.YES, arns[0].partition(":")[0] + "…:" + kind
        if not _hosted(contact, service):
            raise Undecided("the account hosts none; ask again when one has been called")
        return q.NO, ", ".join(each for each in seen if not each.startswith("arn:"))

    return asked


def _model_ids(contact: Contact) -> Iterator[str]:
    """The dimension of every model that the account has called."""
    pages = contact.client("cloudwatch", contact.home).get_paginator("list_metrics")
    for page in pages.paginate(Namespace="AWS/Bedrock", MetricName="Invocations"):
        for metric in page.get("Metrics", []):
            yield from (each["Value"] for each in metric.get("Dimensions", []) if each["Name"] == "ModelId")


def _hosted(contact: Contact, operation: str) -> bool:
    key = {
        "list_custom_model_deployments": "modelDeploymentSummaries",
        "list_provisioned_model_throughputs": "provisionedModelSummaries",
    }[operation]
    return bool(getattr(contact.client("bedrock", contact.home), operation)().get(key))


def _model_states(contact: Contact) -> tuple[str, str]:
    states = {
        f"{model} in {region}": contact.client("bedrock", region)
        .get_foundation_model(modelIdentifier=model)["modelDetails"]
        .get("modelLifecycle", {})
        .get("status", "unknown")
        for model, region in contact.models
    }
    others = {name: state for name, state in states.items() if state != "ACTIVE"}
    return (q.NO if others else q.YES), ", ".join(f"{name}: {state}" for name, state in others.items())


def _in_progress_quota(contact: Contact) -> tuple[str, str]:
    quotas = contact.client("service-quotas", contact.home)
    found = quotas.get_service_quota(ServiceCode=SERVICE_CODE, QuotaCode=DEPLOYMENTS_IN_PROGRESS.code)["Quota"]
    name = str(found.get("QuotaName", ""))
    return (q.YES if "in progress" in name.lower() else q.NO), f"{name} = {found.get('Value')}"


def _quota_labels(contact: Contact) -> tuple[str, str]:
    pages = contact.client("service-quotas", contact.home).get_paginator("list_service_quotas")
    named = [each["QuotaName"] for page in pages.paginate(ServiceCode=SERVICE_CODE) for each in page["Quotas"]]
    labels = {model: catalog.model(model).quota_label or catalog.model(model).name for model, _ in contact.models}
    missing = sorted(model for model, label in labels.items() if not any(label in name for name in named))
    return (q.NO if missing else q.YES), ", ".join(missing)


def _listed_prices(contact: Contact) -> tuple[str, str]:
    """Whatever names a customization: the names of its usage types are documented nowhere."""
    region = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": contact.home}]
    pages = contact.client("pricing", PRICING_REGION).get_paginator("get_products")
    found: dict[str, str] = {}
    for page in pages.paginate(ServiceCode="AmazonBedrock", Filters=region):
        for text in page["PriceList"]:
            product = json.loads(text)
            usage = str(product["product"]["attributes"].get("usagetype", ""))
            if "custom" in usage.lower():
                found[usage] = next(_dollars(product["terms"]), "?")
    if not found:
        raise Undecided("no product of the Price List API names a customization")
    return str(len(found)), ", ".join(f"{usage} ${usd}" for usage, usd in sorted(found.items()))


def _dollars(terms: Mapping[str, Any]) -> Iterator[str]:
    for term in terms.get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            yield str(dimension["pricePerUnit"].get("USD", "?"))


def _key_grants(contact: Contact) -> tuple[str, str]:
    if not contact.key:
        raise Undecided("the environment has no key yet")
    pages = contact.client("kms", contact.home).get_paginator("list_grants").paginate(KeyId=contact.key)
    grants = [each for page in pages for each in page["Grants"] if "bedrock" in str(each.get("GranteePrincipal", ""))]
    if not grants:
        raise Undecided("Bedrock has made no grant; ask again after a job has ended")
    return str(len(grants)), ", ".join(sorted({action for each in grants for action in each.get("Operations", [])}))


def _models_answer(contact: Contact) -> tuple[str, str]:
    refused: Mapping[str, str] = {
        f"{model} in {region}": why for model, region in contact.models if (why := _refusal(contact, model, region))
    }
    return (q.NO if refused else q.YES), "; ".join(f"{name}: {why}" for name, why in refused.items())


def _refusal(contact: Contact, model: str, region: str) -> str | None:
    """What a short call is refused with. Throttling is an answer of a model that may be called."""
    runtime = contact.client("bedrock-runtime", region)
    try:
        runtime.converse(
            modelId=model_ids.identifier(model, region),
            messages=[{"role": "user", "content": [{"text": "Reply with OK."}]}],
            inferenceConfig={"maxTokens": 16},
        )
    except ClientError as error:
        return None if code(error) == "ThrottlingException" else f"{code(error)}: {error.response['Error']['Message']}"
    return None


def _optimized_profiles(contact: Contact) -> tuple[str, str]:
    if contact.probe is None:
        raise Undecided("no route that is deployed has an optimized step with an application profile")
    works, seen = contact.probe()
    if works is None:
        raise Undecided(seen)
    return (q.YES if works else q.NO), seen


_ASK: Mapping[str, Callable[[Contact], tuple[str, str]]] = {
    q.MISSING_JOB: _missing_job,
    q.STUDENT_LISTED: _student_listed,
    q.MISSING_FORM: _missing_form,
    q.DEPLOYMENT_METRICS: _metrics("custom-model-deployment", "list_custom_model_deployments"),
    q.THROUGHPUT_METRICS: _metrics("provisioned-model", "list_provisioned_model_throughputs"),
    q.MODEL_STATES: _model_states,
    q.IN_PROGRESS_QUOTA: _in_progress_quota,
    q.QUOTA_LABELS: _quota_labels,
    q.LISTED_PRICES: _listed_prices,
    q.KEY_GRANTS: _key_grants,
    q.MODELS_ANSWER: _models_answer,
    q.OPTIMIZED_PROFILES: _optimized_profiles,
}
