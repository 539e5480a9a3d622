"""Promotions that no record could pass, and tables that say nothing."""

from collections.abc import Iterator
from datetime import date

from distillery.core.errors import BadRequest
from distillery.settings.checks.business_hours import check_hours
from distillery.settings.environment import Promotion, Settings
from distillery.settings.finding import ConfigFinding


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
