"""An intake over fakes."""

from datetime import date
from typing import Any

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aws import ObjectStore
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.uploads import Uploads
from distillery.core.notices import Notices
from distillery.core.recipe import Recipe
from distillery.datasets.upload import Upload
from lambdas.dataset.intake import Intake
from lambdas.dataset.intake_result import IntakeResult
from lambdas.dataset.logs_input import LogsLocation
from lambdas.dataset.state_machine import StateMachine
from tests.fakes.pipeline import recipe
from tests.fakes.services import FakeSns, FakeStepFunctions
from tests.fakes.table import MemoryTable
from tests.unit.dataset.fakes import FakeS3

LOGS_LOCATION = LogsLocation(
    bucket="prompts", logs="s3://calls/AWSLogs/111111111111/BedrockModelInvocationLogs/us-east-1/"
)
STATE_MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
KEY = "prompts/support/a.jsonl"
UPLOAD = Upload(recipe="support", uri=f"s3://prompts/{KEY}", version="v1")


class IntakeHarness:
    """An intake over fakes, and what it wrote and sent."""

    def __init__(self, *objects: bytes, key: str = KEY, **settings: Any) -> None:
        self.s3: Any = FakeS3({f"prompts/{key}": list(objects)} if objects else {})
        self.sns: Any = FakeSns()
        self.machine: Any = FakeStepFunctions()
        self.table = MemoryTable()
        self.ledger, self.promotions = Ledger(self.table), Promotions(self.table)
        self.ways = AdmittedWays(lenders=("staging",), copy_from=("111111111111",))
        self.recipe = recipe(**settings)

    def accept(self, upload: Upload = UPLOAD) -> IntakeResult:
        objects = ObjectStore(self.s3)
        return Intake(
            environment="staging",
            region="us-east-1",
            today=date(2026, 11, 23),
            data_bucket="data",
            prompts_bucket=lambda: "prompts",
            recipes=self.load,
            logs_location=lambda: LOGS_LOCATION,
            objects=objects,
            ledger=self.ledger,
            uploads=Uploads(self.table),
            promotions=self.promotions,
            ways=self.ways,
            state_machine=StateMachine(STATE_MACHINE, self.machine),
            notices=Notices("topic", self.sns),
        ).accept(upload)

    def load(self, name: str) -> Recipe:
        if name != "support":
            raise BadRequest(f"there is no recipe {name!r}; this environment has ['support']")
        return self.recipe

    def report(self, result: IntakeResult) -> Any:
        assert result.report_uri
        return self.s3.json(result.report_uri)
