"""Promotions that no record could pass, and tables that say nothing."""

from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.errors import BadRequest
from distillery.settings.checks.business_hours import check_hours
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding
from distillery.settings.promotion import Promotion


def check_promotion(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """An environment that admits records names those before it, and the keys of the last one."""
    if (promotion := settings.promotion) is None:
        return
    if not promotion.sign and not promotion.through and not promotion.public_keys and promotion.window is None:
        yield ConfigFinding(
            where="promotion",
            wrong="it neither signs nor admits anything, and has no window",
            allowed="sign = true, through with public_keys, a window, or several of them",
            fix="write what this environment does, or remove the table",
        )
    yield from _way(settings.environment, promotion)
    yield from _keys(promotion)
    yield from _accounts(settings, promotion)
    if promotion.window is not None:
        yield from check_hours(promotion.window, "promotion.window")


def _way(environment: str, promotion: Promotion) -> Iterator[ConfigFinding]:
    through = promotion.through
    if environment in through or len(set(through)) != len(through):
        yield ConfigFinding(
            where="promotion.through",
            wrong=f"it is {list(through)}, and a student would pass an environment twice",
            allowed="other environments, each once, the first one first",
            fix=f"name those that come before {environment}",
        )
    if bool(through) != bool(promotion.public_keys):
        missing = "public_keys" if through else "through"
        yield ConfigFinding(
            where=f"promotion.{missing}",
            wrong="it is missing, so no record could be admitted",
            allowed="through and public_keys together",
            fix="print the key of the last environment with: distillery --env ENV key export",
        )


def _accounts(settings: Settings, promotion: Promotion) -> Iterator[ConfigFinding]:
    """Models go to other accounts by a signed record alone, and only where Bedrock shares them."""
    needs = (
        ("share_with", promotion.share_with, promotion.sign, "sign = true"),
        ("copy_from", promotion.copy_from, bool(promotion.through), "through and public_keys"),
    )
    shareable = any(catalog.model(recipe.student).shareable for recipe in settings.recipes.values())
    for key, accounts, has_record, record in needs:
        where = f"promotion.{key}"
        if accounts and not has_record:
            yield ConfigFinding(
                where=where,
                wrong=f"there is no {record}, so no record says which model goes to another account",
                allowed=f"{key} together with {record}",
                fix=f"add {record}, or remove {key}",
            )
        if accounts and not shareable:
            students = ", ".join(sorted({recipe.student for recipe in settings.recipes.values()})) or "none"
            yield ConfigFinding(
                where=where,
                wrong=f"Bedrock shares no custom models of the recipes' students between accounts: {students}",
                allowed="accounts where a student's base can be shared (UG share-model-support)",
                fix=f"remove {key}: the target trains its own student",
            )
        if key == "share_with" and settings.account in accounts:
            yield ConfigFinding(
                where=where,
                wrong=f"{settings.account} is the account of this environment",
                allowed="other accounts of the organization",
                fix="remove it",
            )


def _keys(promotion: Promotion) -> Iterator[ConfigFinding]:
    from distillery.records.public_key import PublicKey  # cryptography, which few settings need

    for index, text in enumerate(promotion.public_keys):
        try:
            PublicKey.from_pem(text)
        except BadRequest as error:
            yield ConfigFinding(
                where=f"promotion.public_keys[{index}]",
                wrong=str(error).partition(";")[0],
                allowed="a public key on the curve P-256 in PEM",
                fix="copy all that `distillery key export` prints, from BEGIN to END, between three quotation marks",
            )
