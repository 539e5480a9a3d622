"""What `distillery promote` and `distillery promotions` print with `--json`."""

from dataclasses import dataclass, field
from decimal import Decimal

from distillery.cli.record_documents import RefusalOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class CostOutput:
    """A cost in US dollars, and the price and assumption that it is based on. `usd`: null where no source gives it."""

    what: str
    usd: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOutput:
    """A way to the target.

    Attributes:
        way: `re-point`, `copy` or `re-distil`.
        reason: Why it is possible or not.
        costs: What it costs once; empty where it is not possible.
        total_usd: Their sum, without those that no source gives.
        at_most_usd: The worst case of it.
        over_budget: What the target would say of a run that is above its recipe's budget; empty where it is not.
    """

    way: str
    possible: bool
    reason: str
    costs: list[CostOutput] = field(default_factory=list)
    total_usd: Decimal | None = None
    at_most_usd: Decimal | None = None
    over_budget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteOutput:
    """What a promotion would do, and what was done of it.

    Attributes:
        run: That of the environment that signed the record.
        environment: The one that signed the record.
        to: The target.
        admitted: Whether nothing that is known here speaks against the promotion.
        unchecked: What only the target's account knows, as refusals that it may still find.
        key_id: The key that signed the record; null where none of the trusted keys did.
        digest: SHA-256 of what was signed; null where nothing was verified.
        way: The way that is taken; null where the promotion is refused.
        ways: All ways; empty where the target has no such recipe.
        hosting: What continues afterwards, each by its own unit.
        prices_as_of: The oldest date of a price; null where a price is unknown.
        no_prices: Why the costs are unknown; empty where they are known.
        next: The command that continues: with `--dry-run` the promotion, else the one that follows it; null where the
            promotion is refused.
        window: What is said of the target's promotion window while it is closed: the student waits then; empty while
            students may go live.
        promotion: Its id in the target; null where nothing was started.
        first: Whether this call began it; false for one that resumed it.
        started_run: Its run in the target; null where that has not begun.
    """

    run: str
    environment: str
    to: str
    record_uri: str
    admitted: bool
    refusals: list[RefusalOutput]
    unchecked: list[RefusalOutput]
    key_id: str | None = None
    digest: str | None = None
    way: str | None = None
    ways: list[WayOutput] = field(default_factory=list)
    hosting: list[CostOutput] = field(default_factory=list)
    prices_as_of: str | None = None
    no_prices: str = ""
    next: str | None = None
    window: str = ""
    promotion: str | None = None
    first: bool = False
    started_run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionOutput:
    """A promotion to the environment.

    Attributes:
        way: `re-point`, `copy` or `re-distil`.
        state: `admitted` while it waits for its prompts, `abandoned`, or the outcome of its run.
        digest: SHA-256 of the signed record that it has used.
        source: The environment that signed the record, of its run `source_run`.
        run: Its run in this environment; null before the first.
        by: The ARN of who asked for it; `reason`: theirs.
        opened: ISO 8601.
        report_uri: The report of the run's evaluation; null before that.
        abandoned_by: The ARN of who gave it up; null where nobody did.
    """

    promotion: str
    recipe: str
    way: str
    state: str
    digest: str
    source: str
    source_run: str
    run: str | None
    by: str
    reason: str
    opened: str
    report_uri: str | None = None
    abandoned_by: str | None = None
    abandoned_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionsOutput:
    """The promotions to the environment, the newest first."""

    environment: str
    promotions: list[PromotionOutput]
