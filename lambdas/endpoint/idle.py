"""Live endpoints that bill by the hour and that nobody calls: people are warned, and nothing is deleted, because an
alias names them.

The metric is `Invocations` of the namespace `AWS/Bedrock` by `ModelId`, the full ARN of a deployment, as a third party
uses it. UNVERIFIED: its value for Provisioned Throughput. So the absence of data may mean that the dimension is
another one, and the notice says so. Where first contact has verified the dimension (`distillery doctor --ask-aws`), an
idle endpoint raises the alarm too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from distillery.core import clock
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.inventory import HostedModel, take_throughputs
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_cloudwatch import CloudWatchClient

log = get_logger(__name__)
PARTITION = "idle"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
NAMED = "an alias names it, and AWS counts its calls under its ARN, as first contact has verified"
NOT_YET = "nobody has verified under which ModelId CloudWatch counts calls of Provisioned Throughput"
SLACK = timedelta(minutes=5)
"""How much earlier than a day or a week ago the last check or notice may be: the schedule is not exact."""


@dataclass(frozen=True, slots=True)
class IdleEndpoints:
    """Warns once a week of each endpoint without a call in `days` days. It looks once a day."""

    names: Names
    table: Table
    bedrock: "BedrockClient"
    cloudwatch: "CloudWatchClient"
    notices: Notices
    days: int
    is_verified: Callable[[], bool]
    """Whether AWS counts calls of Provisioned Throughput under its ARN, as first contact recorded."""

    def warn(self) -> list[str]:
        """The names of the endpoints that people are warned of now."""
        found = [each for each in self._due() if self._is_idle(each)]
        is_verified = bool(found) and self.is_verified()
        if is_verified:
            emit(self.names, OperationalMetric.IDLE_ENDPOINTS, len(found))
        for endpoint in found:
            self._notify(endpoint, is_verified=is_verified)
            self._keep(endpoint.name, warned=clock.stamp())
        return [endpoint.name for endpoint in found]

    def _due(self) -> Iterator[HostedModel]:
        """Endpoints that are older than the limit, and that were not looked at today or warned of this week."""
        now = clock.now()
        kept = {item["sk"]: item for item in self.table.query(PARTITION)}
        for each in self._old(take_throughputs(self.names, self.bedrock), now):
            item = kept.get(each.name, {})
            if _passed(item.get("checked"), DAY, now) and _passed(item.get("warned"), WEEK, now):
                self._keep(each.name, warned=item.get("warned", ""))
                yield each

    def _old(self, endpoints: Iterable[HostedModel], now: datetime) -> Iterator[HostedModel]:
        for each in endpoints:
            if not each.run and each.created <= now - timedelta(days=self.days):  # a run's candidate has a lease
                yield each

    def _keep(self, name: str, *, warned: str) -> None:
        self.table.put({"pk": PARTITION, "sk": name, "checked": clock.stamp(), "warned": warned})

    def _is_idle(self, endpoint: HostedModel) -> bool:
        """Whether CloudWatch has no invocation of it. Where it does not answer, nothing is known."""
        now = clock.now()
        try:
            answer = self.cloudwatch.get_metric_statistics(
                Namespace="AWS/Bedrock",
                MetricName="Invocations",
                Dimensions=[{"Name": "ModelId", "Value": endpoint.arn}],
                StartTime=now - timedelta(days=self.days),
                EndTime=now,
                Period=86_400,
                Statistics=["Sum"],
            )
        except ClientError as error:
            log.warning("the invocations of %s are unknown (%s)", endpoint.name, code(error))
            return False
        return sum(point.get("Sum", 0) for point in answer["Datapoints"]) == 0

    def _notify(self, endpoint: HostedModel, *, is_verified: bool) -> None:
        self.notices.publish(
            f"Distillery: {endpoint.name} {'is' if is_verified else 'may be'} idle",
            f"CloudWatch has no call of {endpoint.arn} in {self.days} days, and its {endpoint.units} model unit(s) "
            "bill by the hour.",
            f"Nothing was deleted: {NAMED if is_verified else NOT_YET}. If nobody needs it, host the recipe on "
            "demand where its model allows that, or retire it: docs/money.md.",
        )


def _passed(stamp: str | None, length: timedelta, now: datetime) -> bool:
    return not stamp or now - datetime.fromisoformat(stamp) >= length - SLACK
