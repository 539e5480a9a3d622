"""Checks of the models that the settings name: life cycle, access, subscription."""

from collections.abc import Iterator
from typing import Any

from distillery.cli.doctor.examined import Examined, today
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, unchecked, warns
from distillery.core import catalog
from distillery.core.aws import ClientError, code
from distillery.core.model_dates import DateFinding, DateKind, NamedModel, ReportedDates, find, reported

UNKNOWN_MODEL = ("ResourceNotFoundException", "ValidationException")
ANTHROPIC = "anthropic."
NOT_AUTHORIZED, NOT_AVAILABLE = "NOT_AUTHORIZED", "NOT_AVAILABLE"
STUDENT = ".student"


def named(examined: Examined) -> list[NamedModel]:
    """The models that the settings name, without those that the catalog does not know, which `settings` reports."""
    if examined.settings is None:
        return []
    from distillery.settings import named_models

    return named_models(examined.settings)


def pairs(examined: Examined) -> list[tuple[str, str]]:
    """(model, Region) of every model that the settings name."""
    return sorted({(each.model, each.region) for each in named(examined)})


def life_cycles(examined: Examined) -> Iterator[DoctorFinding]:
    """The service's own dates; the catalog's where the service does not answer."""
    reports: dict[tuple[str, str], ReportedDates] = {}
    for model, region in pairs(examined):
        try:
            details = examined.client("bedrock", region).get_foundation_model(modelIdentifier=model)["modelDetails"]
            reports[model, region] = reported(details)
        except ClientError as error:
            if code(error) in UNKNOWN_MODEL:
                reports[model, region] = ReportedDates(known=False)
                continue
            what = f"the dates of {model} in {region} are unknown: {code(error)}"
            yield unchecked(what, "the catalog's dates are used", "allow bedrock:GetFoundationModel, then repeat")
    for found in find(named(examined), reports, today()):
        yield _dated(found)
    if reports:
        yield info(f"the service stated the life cycle of {len(reports)} models")


def _dated(found: DateFinding) -> DoctorFinding:
    """A model that has ended answers nothing, and a Legacy student accepts no job: the preflight refuses both."""
    student = any(place.endswith(STUDENT) for place in found.places)
    if found.kind in (DateKind.ENDED, DateKind.GONE) or (found.kind is DateKind.LEGACY and student):
        return blocks(found.text, "runs and requests that name it fail", "change the settings as the text says, deploy")
    return warns(found.text, "it will fail later, or the catalog is out of date", "plan the change that the text names")


def access(examined: Examined) -> Iterator[DoctorFinding]:
    """GetFoundationModelAvailability: authorization, entitlement, Region, and the agreement of a Marketplace model."""
    open_to_us = 0
    for model, region in pairs(examined):
        bedrock = examined.client("bedrock", region)
        try:
            answer = bedrock.get_foundation_model_availability(modelId=model)
        except ClientError as error:
            what = f"access to {model} in {region} is unknown: {code(error)}"
            how = "allow bedrock:GetFoundationModelAvailability, or call the models: distillery doctor --spend 0.05"
            yield unchecked(what, "the first run or request shows it", how)
            continue
        wrong = list(_refused(model, region, answer))
        open_to_us += not wrong
        yield from wrong
    if open_to_us:
        yield info(f"the account may call {open_to_us} models, as far as the service says without a call")
    yield from _use_case(examined)


def _refused(model: str, region: str, answer: Any) -> Iterator[DoctorFinding]:
    agreement = answer.get("agreementAvailability", {})
    status = agreement.get("status", "")
    if answer.get("regionAvailability") == NOT_AVAILABLE:
        why = "calls of it there fail"
        yield blocks(f"{model} is not offered in {region}", why, "name another model or Region in the settings")
    elif status in (NOT_AVAILABLE, "ERROR", "PENDING"):
        marketplace = catalog.model(model).marketplace
        sold = "an AWS Marketplace subscription" if marketplace else "an agreement"
        message = f" ({agreement['errorMessage']})" if agreement.get("errorMessage") else ""
        first = f"aws bedrock list-foundation-model-agreement-offers --region {region} --model-id {model}"
        then = f"aws bedrock create-foundation-model-agreement --region {region} --model-id {model} --offer-token TOKEN"
        yield blocks(
            f"{model} in {region} lacks {sold}: {status}{message}",
            "calls of it are refused; it is billed under its provider, not under Amazon Bedrock",
            f"with aws-marketplace:Subscribe: {first}; {then}",
        )
    elif answer.get("authorizationStatus") == NOT_AUTHORIZED:
        yield blocks(
            f"the account is not authorized for {model} in {region}",
            "calls of it are refused",
            "ask for access in the Bedrock console (Model catalog), or name another model",
        )
    elif answer.get("entitlementAvailability") == NOT_AVAILABLE:
        yield warns(
            f"the account is not entitled to {model} in {region} yet",
            "its first call may be refused for two minutes, while it is subscribed",
            "call it once with a principal that has aws-marketplace:Subscribe",
        )


def _use_case(examined: Examined) -> Iterator[DoctorFinding]:
    """Anthropic's form. That a missing one is ResourceNotFoundException is what the API's model suggests."""
    regions = sorted({region for model, region in pairs(examined) if model.startswith(ANTHROPIC)})
    if not regions:
        return
    why = "Anthropic's models are refused in an account without it"
    how = "submit it: Bedrock console, Model catalog, an Anthropic model; or aws bedrock put-use-case-for-model-access"
    try:
        examined.client("bedrock", regions[0]).get_use_case_for_model_access()
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            yield warns("no form on the use of Anthropic's models has been submitted", why, how)
        else:
            yield unchecked(f"Anthropic's form cannot be seen: {code(error)}", why, how)
