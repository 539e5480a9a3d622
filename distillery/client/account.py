"""An environment as its operators use it. It is located by the SSM parameters that its stacks publish."""

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distillery.client.aws import AWS_ERRORS, ClientError, as_not_reached, error_code
from distillery.client.clients import Config, new_session, parameter_value, session_region
from distillery.client.errors import FunctionRefused, NotReached
from distillery.client.function_url import post_signed
from distillery.client.route_map import parse_object

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=900)
NO_RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=900)
"""For function calls: a function that did not answer in time may still be running, and a second call costs again."""

Prepare = Callable[[Any], object]


class NotDeployed(Exception):
    """The environment's stacks are not in this account and Region."""


class Account:
    """One environment in the account and home Region of the current credentials.

    Args:
        environment: name of the environment.
        region: the home Region. Default: that of the AWS configuration, or AWS_REGION.
        prepare: is called with the boto3 session before any client is created.
        profile: the profile of the AWS configuration whose credentials are used. Default: the current credentials.
        keys: variables with the access key that is used, such as AWS_ACCESS_KEY_ID.
    """

    def __init__(
        self,
        environment: str,
        region: str | None = None,
        *,
        prepare: Prepare | None = None,
        profile: str | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.environment = environment
        self.session = new_session(region, profile=profile, keys=keys)
        if prepare:
            prepare(self.session)

    @property
    def region(self) -> str:
        """The home Region, which holds the pipeline. Raises NotReached if none is set."""
        region = session_region(self.session)
        if not region:
            raise NotReached("no Region is set; pass --region, or set AWS_REGION to the environment's home Region")
        return region

    @functools.cached_property
    def pipeline(self) -> Mapping[str, Any]:
        """Returns what the pipeline stack published: buckets, ledger, state machine, functions. Raises NotDeployed and
        NotReached."""
        return self._published("pipeline", self.region)

    @functools.cached_property
    def serving(self) -> Mapping[str, Any]:
        """Returns what the serving stack published in the inference Region: the invoke function and the routes. Raises
        NotDeployed and NotReached."""
        return self._published("serving", str(self.pipeline["inference_region"]))

    @functools.cached_property
    def collection(self) -> Mapping[str, Any]:
        """Returns what the collection stack published in the inference Region: the collect function.

        Raises:
            NotReached: AWS did not answer, or denied the request.
            NotDeployed: The environment does not own invocation logs.
        """
        try:
            return self._published("collection", str(self.pipeline["inference_region"]))
        except NotDeployed as error:
            raise self._without_logs() from error
        except NotReached as error:
            # Only the collection stack allows people to read its parameter: without it, AWS may deny access to them.
            owns_logs = self.pipeline.get("owns_logs")
            if owns_logs is False and _is_denied(error.__cause__):
                raise self._without_logs() from None  # not a matter of permissions
            if owns_logs is None and _is_denied(error.__cause__):  # deployed by an earlier version
                raise NotReached(f"{error}. Perhaps {self._without_logs()}") from error
            raise

    def _without_logs(self) -> NotDeployed:
        return NotDeployed(
            f"environment {self.environment!r} owns no invocation logs, so nothing can be collected; add a table "
            f"[logging] with keep_days = 30 to its settings (environments/{self.environment}.toml), a table "
            "[recipes.<name>.logs] with match for each recipe that learns from calls, and deploy it"
        )

    def aws_client(self, service: str, region: str | None = None, config: Config = CONFIG) -> Any:
        """Returns a boto3 client. Default Region: the home Region."""
        return self.session.client(service, region_name=region or self.region, config=config)

    def dynamodb(self) -> "DynamoDBClient":
        """Returns the client for the ledger."""
        return self.aws_client("dynamodb")  # type: ignore[no-any-return]  # by name: see aws_client

    def s3(self, region: str | None = None) -> "S3Client":
        """Returns the client for buckets of a Region. Default: the home Region."""
        return self.aws_client("s3", region)  # type: ignore[no-any-return]  # by name: see aws_client

    def alias(self, recipe: str) -> Mapping[str, Any] | None:
        """Returns a recipe's alias: what its live endpoint serves. None before the first promotion."""
        try:
            return self._parameter(f"alias/{recipe}", self.region)
        except ClientError as error:
            if error_code(error) == "ParameterNotFound":
                return None
            raise

    def upload(self, file: Path, recipe: str, *, prefix: str) -> tuple[str, str | None]:
        """Uploads a file to the prompts bucket.

        Args:
            file: the file.
            recipe: name of the recipe.
            prefix: key prefix before the recipe, with its slash.

        Returns:
            The object's `s3://` URI and version id.

        Raises:
            NotDeployed: the environment is not deployed.
            NotReached: the upload failed.
        """
        key = f"{prefix}{recipe}/{file.name}"
        bucket = str(self.pipeline["prompts_bucket"])
        with as_not_reached(f"uploading {file.name}"):
            response = self.s3().put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
        return f"s3://{bucket}/{key}", response.get("VersionId")

    def read(self, uri: str) -> bytes:
        """Returns an object of the environment's buckets by its `s3://bucket/key` URI. Raises NotReached."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with as_not_reached(f"reading {uri}"):
            return bytes(self.s3().get_object(Bucket=bucket, Key=key)["Body"].read())

    def job(self, name: str) -> Mapping[str, Any] | None:
        """Returns the model customization job of that name, or None if it cannot be found."""
        try:
            return dict(self.aws_client("bedrock").get_model_customization_job(jobIdentifier=name))
        except ClientError:
            return None

    def invoke(self, function: str, payload: Mapping[str, Any], *, region: str | None = None) -> Mapping[str, Any]:
        """Calls a Lambda function once.

        Args:
            function: name or ARN of the function.
            payload: its event.
            region: its Region. Default: the home Region.

        Raises:
            FunctionRefused: the function raised an error.
            NotReached: the call failed.
        """
        lambdas = self.aws_client("lambda", region, NO_RETRIES)
        with as_not_reached(f"calling {function}"):
            response = lambdas.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        body = json.loads(response["Payload"].read() or b"null")
        if "FunctionError" in response:
            raise FunctionRefused(str(body.get("errorType", "Error")), str(body.get("errorMessage", body)))
        return dict(body)

    def decide(self, decision: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Sends a decision once, to a function URL, signed with the caller's credentials so that its author is known.

        Args:
            decision: `approval`, `rollback`, `evaluation`, `stop` or another that the parameter `pipeline` lists.
            payload: the function's request.

        Raises:
            FunctionRefused: the function raised an error.
            NotAllowed: IAM denied the request.
            NotDeployed: the environment does not offer this decision.
            NotReached: the request failed.
        """
        if decision not in self.pipeline.get("decisions", {}):
            raise NotDeployed(
                f"environment {self.environment!r} has no function URL for the decision {decision!r}; deploy it again"
            )
        with as_not_reached(f"sending the decision {decision}"):
            return post_signed(self.session, str(self.pipeline["decisions"][decision]), payload, region=self.region)

    def _published(self, name: str, region: str) -> Mapping[str, Any]:
        try:
            return self._parameter(name, region)
        except AWS_ERRORS as error:
            if isinstance(error, ClientError) and error_code(error) == "ParameterNotFound":
                raise NotDeployed(
                    f"environment {self.environment!r} is not deployed in {region} of this account; deploy it "
                    f"(`cdk deploy --all -c env={self.environment}`), or pass --env, --region or --local"
                ) from error
            raise NotReached(f"reading what environment {self.environment!r} published: {error}") from error

    def _parameter(self, name: str, region: str) -> Mapping[str, Any]:
        response = self.aws_client("ssm", region).get_parameter(Name=f"/distillery/{self.environment}/{name}")
        try:
            return parse_object(parameter_value(response))
        except ValueError as error:
            raise NotReached(
                f"the parameter {name!r} of environment {self.environment!r} cannot be read: {error}"
            ) from error


def _is_denied(error: BaseException | None) -> bool:
    return isinstance(error, ClientError) and error_code(error) in {"AccessDenied", "AccessDeniedException"}
