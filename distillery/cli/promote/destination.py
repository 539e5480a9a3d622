"""The target of a promotion: its settings, and what its account says if the caller's credentials reach it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from distillery.cli.record_documents import RefusalOutput
from distillery.cli.target import Target
from distillery.core.ledger.student_promotion import awaits_prompts
from distillery.core.names import EVALUATIONS_PREFIX
from distillery.records.admission import PromotionRequest, TargetEnvironment, refusals
from distillery.records.record import PromotionRecord
from distillery.records.refusal import Refusal
from distillery.records.verification import Verified
from distillery.records.ways import Place

if TYPE_CHECKING:
    from distillery.core.recipe import Recipe
    from distillery.settings.environment import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is live in the target. `known`: whether its account could be asked; `since`: when it was judged; `used_by`:
    the promotion that has used the record and waits for no prompts, empty if none has, None where nobody could say."""

    known: bool
    since: str | None = None
    used_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The target of the promotion of a record. `target`: how it is reached; None where no credentials are known."""

    settings: "Settings"
    place: Place
    live: Live
    target: Target | None = None

    @property
    def environment(self) -> str:
        return self.settings.environment

    def recipe(self, name: str) -> "Recipe | None":
        return self.settings.recipes.get(name)

    def refusals(self, verified: Verified, run: str, now: datetime) -> list[RefusalOutput]:
        """Every reason not to promote that is known here."""
        request, promotion = (
            PromotionRequest(verified=verified, promotion="", now=now, run=run),
            self.settings.promotion,
        )
        assert promotion is not None
        admits = TargetEnvironment(
            environment=self.environment,
            through=promotion.through,
            admits_overruled=promotion.admit_overruled,
            valid_days=promotion.valid_days,
            recipe=self.recipe(request.record.recipe),
            live_since=self.live.since,
            used_by=self.live.used_by or "",
        )
        return [RefusalOutput(reason=reason, sentence=said) for reason, said in refusals(request, admits)]

    def window(self, now: datetime) -> str:
        """Why a student that passed now would wait, with the next opening; empty where it would not."""
        assert self.settings.promotion is not None
        window = self.settings.promotion.window
        return window.closed(now) if window else ""

    def unchecked(self) -> list[RefusalOutput]:
        """The refusals that only the target's account can give."""
        found, only = [], f"only the account of {self.environment} knows, and these credentials do not read its"
        if not self.live.known:
            live = f"whether a student that was judged later is live: {only} alias and report"
            found.append(RefusalOutput(reason=Refusal.OLDER_THAN_LIVE, sentence=live))
        if self.live.used_by is None:
            used = f"whether the record was used before: {only} promotions"
            found.append(RefusalOutput(reason=Refusal.REPLAYED, sentence=used))
        return found


def destination(on: Target, settings: "Settings", verified: Verified, profile: str | None = None) -> Destination:
    """The target of a promotion from the environment `on`. `profile`: the one of the AWS configuration that reaches it;
    None where the credentials for `on` do, or where nothing of it is asked."""
    record = verified.statement.record
    there = _reached(on, settings, record, profile)
    published = _published(there) if there else None
    live = Live(known=False)
    if there and published is not None:
        used_by = _used_by(there, record, verified.digest)
        live = replace(_live(there, published, record.recipe), used_by=used_by)
    account = settings.account or (record.account if published is not None else None)
    return Destination(
        settings=settings,
        place=Place(
            environment=settings.environment,
            account=account,
            region=settings.home_region,
            keeps_data=settings.keep_data,
            copy_from=settings.promotion.copy_from if settings.promotion else (),
        ),
        live=live,
        target=there,
    )


def _reached(on: Target, settings: "Settings", record: PromotionRecord, profile: str | None) -> Target | None:
    """The target with the credentials for it: those of the profile, of its user on the local account, or, in the
    account of the source, the current ones."""
    environment, region = settings.environment, settings.home_region
    if on.local:
        from distillery.cli.local_account import PublishedAccount

        keys = PublishedAccount.find().variables_for(environment)
        return Target(environment=environment, region=region, local=True, keys=keys)
    if profile or settings.account in (None, record.account):
        return Target(environment=environment, region=region, local=False, profile=profile)
    return None


def source_place(record: PromotionRecord) -> Place:
    """Where the record is from."""
    return Place(
        environment=record.environment,
        account=record.account,
        region=record.region,
        keeps_data=record.keeps_data,
    )


def _published(there: Target) -> Mapping[str, Any] | None:
    """What the target's stacks published; None where the credentials do not reach it."""
    from distillery.client.account import NotDeployed
    from distillery.client.errors import NotReached

    try:
        return there.account.pipeline
    except (NotDeployed, NotReached):
        return None


def _live(there: Target, published: Mapping[str, Any], recipe: str) -> Live:
    """The alias of the target, and when its student was judged: by the record of its promotion, or by its report."""
    from distillery.client import AWS_ERRORS
    from distillery.client.errors import NotReached
    from distillery.core.errors import BadRequest
    from distillery.evaluation.report.wire import parse

    try:
        alias = there.account.alias(recipe)
        if alias is None:
            return Live(known=True)
        for one in there.promotions.of(recipe):
            if one.run == alias["run"]:  # only times of one environment are in the order of its runs
                return Live(known=True, since=one.record.judged)
        report = f"s3://{published['data_bucket']}/{EVALUATIONS_PREFIX}{alias['run']}/report.json"
        return Live(known=True, since=parse(there.account.read(report)).judged)
    except (*AWS_ERRORS, NotReached, BadRequest):
        return Live(known=False)


def _used_by(there: Target, record: PromotionRecord, digest: str) -> str | None:
    """The promotion that has used the record, or another one of the same run. Not one that still waits for its prompts,
    which the command continues."""
    from distillery.client import AWS_ERRORS
    from distillery.client.errors import NotReached

    try:
        of_run = (record.environment, record.run)
        used = [
            one
            for one in there.promotions.of(record.recipe)
            if one.record.digest == digest or (one.record.environment, one.record.run) == of_run
        ]
    except (*AWS_ERRORS, NotReached):
        return None
    for one in used:
        if one.record.digest != digest or not awaits_prompts(one, there.promotions.run_of(one)):
            return one.id
    return ""
