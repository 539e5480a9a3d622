"""An environment as its operators see it: finds it by the SSM parameters that its stacks publish."""

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distillery.client.aws import AWS_ERRORS, ClientError, Config, region_of, session
from distillery.client.refused import FunctionRefused, NotReached
from distillery.client.signed import post

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=900)
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=900)
"""For calls of functions: what did not answer in time may be at work all the same, and a second one is billed too."""


Prepare = Callable[[Any], object]


class NotDeployed(Exception):
    """The environment's stacks are not in this account and Region."""


class Account:
    """One environment (`dev`, …) in the account and home Region that the credentials name."""

    def __init__(self, environment: str, region: str | None = None, *, prepare: Prepare | None = None) -> None:
        """prepare: is given the session before its clients are made."""
        self.environment = environment
        self._session = session(region)
        if prepare:
            prepare(self._session)

    @property
    def region(self) -> str:
        """The home Region: where the pipeline is deployed."""
        region = region_of(self._session)
        if not region:
            raise NotReached("no Region is set; say --region, or set AWS_REGION to the environment's home Region")
        return region

    @functools.cached_property
    def pipeline(self) -> Mapping[str, Any]:
        """Where things are, as the pipeline stack published it: buckets, ledger, state machine, functions."""
        return self._published("pipeline", self.region)

    @functools.cached_property
    def serving(self) -> Mapping[str, Any]:
        """The invoke function and the routes, as the serving stack published them in the inference Region."""
        return self._published("serving", str(self.pipeline["inference_region"]))

    @functools.cached_property
    def collection(self) -> Mapping[str, Any]:
        """The collect function, as the collection stack published it in the inference Region. Raises NotDeployed where
        the environment owns no invocation logs."""
        try:
            return self._published("collection", str(self.pipeline["inference_region"]))
        except NotDeployed as error:
            raise NotDeployed(
                f"environment {self.environment!r} collects no invocation logs; add [logging] to its settings, and "
                "deploy it"
            ) from error

    def dynamodb(self) -> "DynamoDBClient":
        """For the ledger."""
        return self._client("dynamodb")  # type: ignore[no-any-return]  # by name: see _client

    def s3(self, region: str | None = None) -> "S3Client":
        """For every version of what lies in a bucket."""
        return self._client("s3", region)  # type: ignore[no-any-return]  # by name: see _client

    def alias(self, recipe: str) -> Mapping[str, Any] | None:
        """What the recipe's live endpoint serves; None before the first promotion."""
        try:
            return self._parameter(f"alias/{recipe}", self.region)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise

    def upload(self, file: Path, recipe: str, *, prefix: str) -> tuple[str, str | None]:
        """Puts a file into the prompts bucket. The object's URI and version."""
        key = f"{prefix}{recipe}/{file.name}"
        bucket = str(self.pipeline["prompts_bucket"])
        with _asking(f"uploading {file.name}"):
            answer = self._client("s3").put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
        return f"s3://{bucket}/{key}", answer.get("VersionId")

    def read(self, uri: str) -> bytes:
        """An object of the environment's buckets, by `s3://bucket/key`."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with _asking(f"reading {uri}"):
            return bytes(self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def job(self, name: str) -> Mapping[str, Any] | None:
        """The customization job of that name; None where there is none yet."""
        try:
            return dict(self._client("bedrock").get_model_customization_job(jobIdentifier=name))
        except ClientError:
            return None

    def invoke(self, function: str, payload: Mapping[str, Any], *, region: str | None = None) -> Mapping[str, Any]:
        """A function's answer; it is called once. Raises FunctionRefused with the function's own sentence."""
        lambdas = self._client("lambda", region, ONCE)
        with _asking(f"calling {function}"):
            answer = lambdas.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        body = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise FunctionRefused(str(body.get("errorType", "Error")), str(body.get("errorMessage", body)))
        return dict(body)

    def decide(self, decision: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What became of a decision (`approval` or `rollback`), which is signed, so that it is known whose it is; it is
        sent once. Raises FunctionRefused with the function's own sentence."""
        if decision not in self.pipeline.get("decisions", {}):
            raise NotDeployed(
                f"environment {self.environment!r} takes no decision {decision!r} by URL; deploy it again"
            )
        with _asking(f"deciding ({decision})"):
            return post(self._session, str(self.pipeline["decisions"][decision]), asked, region=self.region)

    def _published(self, name: str, region: str) -> Mapping[str, Any]:
        try:
            with _asking(f"reading what environment {self.environment!r} published"):
                return self._parameter(name, region)
        except NotReached as error:
            if "ParameterNotFound" in str(error.__cause__):
                raise NotDeployed(
                    f"environment {self.environment!r} is not deployed in {region} of this account; deploy it "
                    f"(`cdk deploy --all -c env={self.environment}`), or say --env, --region or --local"
                ) from error
            raise

    def _parameter(self, name: str, region: str) -> Mapping[str, Any]:
        answer = self._client("ssm", region).get_parameter(Name=f"/distillery/{self.environment}/{name}")
        return dict(json.loads(answer["Parameter"]["Value"]))

    def _client(self, service: str, region: str | None = None, config: Config = CONFIG) -> Any:
        return self._session.client(service, region_name=region or self.region, config=config)


@contextlib.contextmanager
def _asking(what: str) -> Iterator[None]:
    """Turns what boto3 raises into one sentence that says what was being done."""
    try:
        yield
    except AWS_ERRORS as error:
        raise NotReached(f"{what}: {error}") from error
