"""The ledger of what bills by the hour: a line in the log of the guard for each such endpoint, at each of its passes.

The dashboard shows the latest line of each endpoint as a table. It queries the log, because a metric for each endpoint
would be billed by the month. Logs Insights discovers the fields of a line that is JSON (CloudWatch Logs guide,
CWL_AnalyzeLogData-discoverable-fields).
"""

import json
import sys
from enum import StrEnum

from distillery.core.billing import Billing
from distillery.core.names import Names

UNKNOWN = "unknown"
"""In place of a price that no run has, or of a recipe that no tag names."""
NOTHING = "nothing"
"""What keeps an orphan."""
LINE_KIND = "bills by the hour"


class LedgerField(StrEnum):
    """The fields of a line. LINE, which holds LINE_KIND, tells it from other lines of the log."""

    LINE = "line"
    ENVIRONMENT = "environment"
    ENDPOINT = "endpoint"
    RECIPE = "recipe"
    MODEL_UNITS = "model_units"
    USD_PER_HOUR = "usd_per_hour"
    USD_PER_MONTH = "usd_per_month"
    KEPT_BY = "kept_by"


TOLD_APART = (LedgerField.LINE, LedgerField.ENVIRONMENT)
"""Fields that are the same in all lines, and no columns of the table."""


def write_lines(names: Names, billing: Billing) -> int:
    """Writes a line for each endpoint that bills by the hour. Returns how many there are."""
    hourly = [each for each in billing.endpoints if each.is_hourly]
    for each in hourly:
        line: dict[str, str | int | float] = {
            LedgerField.LINE: LINE_KIND,
            LedgerField.ENVIRONMENT: names.environment,
            LedgerField.ENDPOINT: each.endpoint.name,
            LedgerField.RECIPE: each.endpoint.recipe or UNKNOWN,
            LedgerField.MODEL_UNITS: each.endpoint.units,
            LedgerField.USD_PER_HOUR: UNKNOWN if each.usd_per_hour is None else float(each.usd_per_hour),
            LedgerField.USD_PER_MONTH: UNKNOWN if each.usd_per_month is None else float(each.usd_per_month),
            LedgerField.KEPT_BY: each.claim.kind.value if each.claim else NOTHING,
        }
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
    return len(hourly)


def query() -> tuple[str, ...]:
    """The commands of the Logs Insights query: the latest line of each endpoint, the newest first."""
    columns = ", ".join(each for each in LedgerField if each not in TOLD_APART)
    return (
        f"fields {columns}, @timestamp",
        f'filter {LedgerField.LINE} = "{LINE_KIND}"',
        "sort @timestamp desc",
        f"dedup {LedgerField.ENDPOINT}",  # no command may follow it but limit (CWL_QuerySyntax-Dedup)
    )
