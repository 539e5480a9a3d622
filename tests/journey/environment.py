"""A deployed environment of a local account: what users do in it, and its observable state."""

import functools
import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import boto3

from distillery.core.aliases import Aliases
from distillery.core.conversation import Prompt
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.names import PROMPTS_PREFIX, Names
from distillery.core.pipeline import Alias, Outcome
from distillery.settings import Settings
from local import people
from local.account import LocalAccount
from local.deploy import Deployment
from tests import waiting
from tests.journey import commands
from tests.journey.prompts import jsonl

T = TypeVar("T")
RECIPE = "support"


def account_inventory(account: LocalAccount) -> dict[str, Any]:
    """Returns what Bedrock stores and bills in an account, as its owner sees it, whatever the tags are."""
    return dict(waiting.admin(account, "GET", f"inventory?account={account.account}"))


class Environment:
    """Users act under the policies that the stacks declare for them. Root reads what those policies deny."""

    def __init__(self, account: LocalAccount, settings: Settings) -> None:
        self.account, self.settings = account, settings
        self.names = Names(settings.environment)
        self.home, self.inference = settings.home_region, settings.inference_region
        self.recipe = RECIPE
        self._deployment = Deployment(account)

    @functools.cache  # noqa: B019 - lives as long as its journey
    def client(self, service: str, region: str | None = None) -> Any:
        """Returns a client for root, by default in the home Region."""
        return self._deployment.client(service, region or self.home)

    @functools.cache  # noqa: B019 - as above
    def credentials(self, kind: str) -> Mapping[str, str]:
        """Returns the environment variables with the credentials of an `operator`, a `caller` or a `collector`."""
        name = self.settings.environment
        return people.credentials(self.account, name, kind, home=self.home, inference=self.inference)

    @functools.cache  # noqa: B019 - as above
    def client_as(self, kind: str, service: str, region: str | None = None) -> Any:
        """Returns a client for a user, by default in the home Region."""
        keys = {name.lower(): value for name, value in self.credentials(kind).items()}
        return boto3.client(  # type: ignore[call-overload]  # a name known at run time only
            service, region_name=region or self.home, endpoint_url=self.account.endpoint, **keys
        )

    @functools.cached_property
    def outputs(self) -> Mapping[str, Any]:
        """Resource names that the pipeline stack publishes."""
        return self._parameter("operator", self.names.pipeline, self.home)

    @functools.cached_property
    def serving(self) -> Mapping[str, Any]:
        """The invoke function, as the serving stack publishes it in the inference Region."""
        return self._parameter("caller", self.names.serving, self.inference)

    def _parameter(self, kind: str, name: str, region: str) -> Mapping[str, Any]:
        value = self.client_as(kind, "ssm", region).get_parameter(Name=name)["Parameter"]["Value"]
        return dict(json.loads(value))

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The ledger as root reads it: users cannot read locks and task tokens; `distillery status` shows runs."""
        return Ledger(Table(str(self.outputs["ledger"]), self.client("dynamodb")))

    @functools.cached_property
    def promotions(self) -> Promotions:
        """The promotions to the environment, as root reads them."""
        return Promotions(Table(str(self.outputs["ledger"]), self.client("dynamodb")))

    def alias(self) -> Alias | None:
        return Aliases(self.client_as("operator", "ssm")).read(self.names.alias(self.recipe))

    def aliases(self) -> list[Alias]:
        """Returns the alias of each recipe that has one."""
        aliases = Aliases(self.client_as("operator", "ssm"))
        found = [aliases.read(self.names.alias(recipe)) for recipe in self.settings.recipes]
        return [alias for alias in found if alias is not None]

    def promoted(self) -> Alias:
        """Returns the alias of a recipe, which must have one."""
        alias = self.alias()
        assert alias is not None, "no model was promoted"
        return alias

    # actions of users

    def upload(self, prompts: list[Prompt] | bytes, name: str = "prompts.jsonl") -> dict[str, str]:
        """Uploads a file as users do, so that S3's event starts a run. Returns bucket, key and version."""
        body = prompts if isinstance(prompts, bytes) else jsonl(prompts)
        bucket, key = str(self.outputs["prompts_bucket"]), f"{PROMPTS_PREFIX}{self.recipe}/{name}"
        version = self.client_as("operator", "s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        return {"bucket": bucket, "key": key, "version": version}

    def start_run(self, prompts: list[Prompt]) -> str:
        """Uploads prompts and waits for the run to start. Returns its id."""
        known = {record.run.id for record in self.runs()}
        self.upload(prompts)
        return self.until(lambda: {record.run.id for record in self.runs()} - known, "run").pop()

    def run(self, prompts: list[Prompt]) -> RunRecord:
        """Uploads prompts and waits for the run to end."""
        return self.wait_for_run(self.start_run(prompts))

    def command(self, *verb: str, by: str = "operator") -> str:
        """Returns the output of `distillery VERB`. Fails if the command fails."""
        done = self.command_as(*verb, by=by)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def command_as(self, *verb: str, by: str) -> "subprocess.CompletedProcess[str]":
        """Runs `distillery VERB` as a user of that kind."""
        environ = {**self.account.environ(self.home), **self.credentials(by)}
        return commands.distillery(environ, "--env", self.settings.environment, *verb)

    def ask(self, prompt: Prompt, route: str = "") -> dict[str, Any]:
        """Calls a route, by default that of the recipe, through the invoke function."""
        system = {} if prompt.system is None else {"system": prompt.system}
        payload = {"route": route or f"distilled/{self.recipe}", "prompt": prompt.messages[-1][1], **system}
        client = self.client_as("caller", "lambda", self.inference)
        return self.invoke(str(self.serving["function"]), payload, client=client)

    def invoke(self, function: str, payload: Any, *, client: Any = None) -> dict[str, Any]:
        """Returns the function's answer. Fails if the function raised."""
        answer = (client or self.client("lambda")).invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, body
        return dict(body)

    # observable state

    def runs(self) -> list[RunRecord]:
        return self.ledger.runs(self.recipe)

    def wait_for_run(self, run: str) -> RunRecord:
        """Waits until the run has an outcome and its execution has ended. Returns its record."""
        self.until(self.fast_forwarding(lambda: self.ledger.run(run).outcome is not Outcome.RUNNING), f"end of {run}")
        self.until(lambda: self.execution(run)["status"] != "RUNNING", f"end of the execution {run}")
        return self.ledger.run(run)

    def execution(self, name: str) -> dict[str, Any]:
        return dict(
            self.client_as("on-call", "stepfunctions").describe_execution(executionArn=self.execution_arn(name))
        )

    def execution_arn(self, name: str) -> str:
        return str(self.outputs["state_machine"]).replace(":stateMachine:", ":execution:") + f":{name}"

    def executions(self) -> list[dict[str, Any]]:
        found = self.client("stepfunctions").list_executions(stateMachineArn=self.outputs["state_machine"])
        return list(found["executions"])

    def read(self, uri: str, by: str = "reader") -> bytes:
        """Returns an object's bytes. Only the data reader may read texts."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.client_as(by, "s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def uris_under(self, prefix: str) -> list[str]:
        """Returns the URIs of the objects under a prefix of the data bucket."""
        bucket = str(self.outputs["data_bucket"])
        found = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [f"s3://{bucket}/{one['Key']}" for one in found]

    def logged(self, text: str, function: str = "") -> list[str]:
        """Returns the lines of a function's log that contain a text, by default of the dataset function's."""
        name = function or str(self.outputs["functions"]["dataset"])
        group = self.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return [line for event in events for line in event["message"].splitlines() if text in line]

    # available in a simulated account only

    def inventory(self) -> dict[str, Any]:
        """Returns what Bedrock stores and bills in the whole account."""
        return account_inventory(self.account)

    def clear_faults(self) -> None:
        """Removes all injected faults."""
        waiting.admin(self.account, "DELETE", "faults")

    def set_quota(self, **quotas: int) -> None:
        """Sets the account's Bedrock quotas."""
        waiting.admin(self.account, "PUT", "quotas", quotas)

    def set_undocumented(self, **ways: bool) -> None:
        """Sets what Bedrock does where AWS's documents leave it open."""
        waiting.admin(self.account, "PUT", "undocumented", ways)

    def advance_hours(self, hours: float) -> None:
        """Advances the account's clock."""
        clock = waiting.admin(self.account, "GET", "clock")
        now = datetime.fromisoformat(clock["now"]).timestamp()
        waiting.admin(self.account, "PUT", "clock", {"virtual": now + hours * 3600})

    def advance_to_next_day(self) -> None:
        """Advances the account's clock to one minute past midnight UTC."""
        now = datetime.fromisoformat(waiting.admin(self.account, "GET", "clock")["now"]).timestamp()
        waiting.admin(self.account, "PUT", "clock", {"virtual": (now // 86_400 + 1) * 86_400 + 60})

    def fast_forwarding(self, found: Callable[[], T]) -> Callable[[], T]:
        """Wraps `found` so that each call advances the clock while only a customization job is running."""

        def look() -> T:
            if self.ledger.waiting_jobs():
                self.advance_hours(0.25)
            return found()

        return look

    def until(self, found: Callable[[], T], what: str) -> T:
        """Returns the first true result of `found`. Fails if the account becomes idle without one."""
        return waiting.until(self.account, found, what)
