"""The only module of the functions that makes boto3 clients. They are made on first use and cached.

Errors of these clients are redacted where they are raised (see `redaction`), so they quote no prompt. boto3 is loaded
with the session: a synth imports this module too, and would take a thirtieth longer.
"""

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.eventstream import EventStream
from botocore.exceptions import BotoCoreError, ClientError

from distillery.core import redaction
from distillery.core.names import split_s3_uri

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

__all__ = ["AWS_ERRORS", "ClientError", "ObjectStore", "client", "code", "counting", "redact", "redacting", "session"]

AWS_ERRORS = (BotoCoreError, ClientError)
"""Every error that a client raises."""
MODELS = ("bedrock-runtime", "lambda")
"""Services that receive prompts: only known sentences of their messages are kept."""
OF_AN_ANSWER = ("RequestId", "HTTPStatusCode", "RetryAttempts", "MaxAttemptsReached")
"""The keys of `ResponseMetadata` that a redacted error keeps."""
REASONS = "CancellationReasons"
"""Why DynamoDB canceled a transaction, one code for each part of it (TransactWriteItems)."""

ATTEMPTS, ATTEMPTS_OF_A_MODEL = 6, 2
"""How often a call is tried before it fails. A model that is slow six times would outlive the function that asks it."""
CONNECT_SECONDS, READ_SECONDS = 5, 120
ANSWER_SECONDS = ATTEMPTS_OF_A_MODEL * (CONNECT_SECONDS + READ_SECONDS) + 20
"""The longest that a call of a model takes: both attempts, and the longest pause between (boto3 guide, Retries)."""


@overload
def client(service: Literal["athena"], region: str | None = None) -> "AthenaClient": ...
@overload
def client(service: Literal["bedrock"], region: str | None = None) -> "BedrockClient": ...
@overload
def client(service: Literal["bedrock-runtime"], region: str | None = None) -> "BedrockRuntimeClient": ...
@overload
def client(service: Literal["cloudformation"], region: str | None = None) -> "CloudFormationClient": ...
@overload
def client(service: Literal["cloudwatch"], region: str | None = None) -> "CloudWatchClient": ...
@overload
def client(service: Literal["dynamodb"], region: str | None = None) -> "DynamoDBClient": ...
@overload
def client(service: Literal["kms"], region: str | None = None) -> "KMSClient": ...
@overload
def client(service: Literal["ram"], region: str | None = None) -> Any: ...
@overload
def client(service: Literal["s3"], region: str | None = None) -> "S3Client": ...
@overload
def client(service: Literal["service-quotas"], region: str | None = None) -> "ServiceQuotasClient": ...
@overload
def client(service: Literal["sns"], region: str | None = None) -> "SNSClient": ...
@overload
def client(service: Literal["ssm"], region: str | None = None) -> "SSMClient": ...
@overload
def client(service: Literal["stepfunctions"], region: str | None = None) -> "SFNClient": ...
def client(service: str, region: str | None = None) -> Any:
    """The client of a service, in the function's own Region by default."""
    return _client(service, region)


@functools.cache
def _client(service: str, region: str | None) -> Any:
    config = _config(ATTEMPTS_OF_A_MODEL if service == "bedrock-runtime" else ATTEMPTS)
    return session().client(service, region_name=region, config=config)  # type: ignore[call-overload]  # by name: the overloads above give the types


@functools.cache
def counting() -> "DynamoDBClient":
    """A client for counters in DynamoDB: it never repeats an update, and it gives up quickly."""
    return session().client("dynamodb", config=once())


def once() -> "Config":
    """For calls that a user waits for and that must not be repeated implicitly."""
    return _config(1, connect=1, read=2)


@functools.cache
def functions(seconds: int) -> "LambdaClient":
    """A client that invokes functions of others: it never repeats a call, and waits so many seconds for a response."""
    return session().client("lambda", config=_config(1, read=seconds))


def _config(attempts: int, *, connect: int = CONNECT_SECONDS, read: int = READ_SECONDS) -> "Config":
    """Standard mode retries throttling and time-outs with exponential backoff and jitter (boto3 guide, Retries)."""
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(retries=retries, connect_timeout=connect, read_timeout=read)


@functools.cache
def session() -> "boto3.Session":
    """The session of the functions, with which boto3 is loaded."""
    import boto3

    return redacting(boto3.Session())


def redacting(made: "boto3.Session") -> "boto3.Session":
    """The same session; its clients raise redacted errors."""
    made.events.register("creating-client-class", _redacting)
    return made


def _redacting(*, base_classes: list[type], **_: Any) -> None:
    """Inserts the class before the client's own bases, as botocore's extension point expects."""
    base_classes.insert(0, _Redacting)


class _Redacting:
    meta: Any

    def _make_api_call(self, operation_name: str, api_params: Any) -> Any:
        service = self.meta.service_model.service_name
        with _redacted_for(service):
            answer = super()._make_api_call(operation_name, api_params)  # type: ignore[misc]  # of botocore's BaseClient
        return {
            name: _RedactedStream(part, service) if isinstance(part, EventStream) else part
            for name, part in answer.items()
        }


class _RedactedStream:
    """An event stream; the errors that are raised while it is read are redacted."""

    def __init__(self, stream: "EventStream[Any]", service: str) -> None:
        self._stream, self._service = stream, service

    def __iter__(self) -> Iterator[Any]:
        with _redacted_for(self._service):
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextlib.contextmanager
def _redacted_for(service: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        redact(error, service)
        raise


def redact(error: Exception, service: str) -> None:
    """Removes what may quote a prompt from an error, in place: from its text, arguments, response and causes.

    A cause may be a parser's error, which quotes the whole response of a service.
    """
    error.__cause__ = error.__context__ = None
    if not isinstance(error, ClientError):
        text = redaction.redacted_model_text(error) if service in MODELS else redaction.redacted_text(error)
        error.args = (text or f"{type(error).__name__}: {redaction.LEFT_OUT}",)
        if isinstance(error, BotoCoreError):
            error.kwargs = {}
        return
    answer: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    metadata = {name: answer[name] for name in OF_AN_ANSWER if name in answer}
    message = _redacted(str(error.response.get("Error", {}).get("Message", "")), service, metadata)
    kept: Any = {"Error": {"Code": redaction.code(code(error)), "Message": message}, "ResponseMetadata": metadata}
    if reasons := error.response.get(REASONS):  # without their messages and items
        kept[REASONS] = [{"Code": redaction.code(str(each.get("Code", "")))} for each in _dicts(reasons)]
    ClientError.__init__(error, kept, error.operation_name)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _redacted(message: str, service: str, metadata: Mapping[str, Any]) -> str:
    text = redaction.redacted_model_text(message) if service in MODELS else redaction.redacted_text(message)
    if text == message or message.startswith(redaction.LEFT_OUT):
        return text
    if text in ("", redaction.GAP):
        text = redaction.LEFT_OUT
    where = [f"HTTP {metadata['HTTPStatusCode']}"] if "HTTPStatusCode" in metadata else []
    where += [f"request {redaction.code(metadata['RequestId'])}"] if "RequestId" in metadata else []
    return f"{text} ({', '.join(where)})" if where else text


def code(error: ClientError) -> str:
    """The error code of the service, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


class ObjectStore:
    """Reads and writes objects by `s3://bucket/key`. Bodies are small, or one data set of at most 2 GB."""

    def __init__(self, s3: "S3Client | None" = None) -> None:
        self._s3 = s3

    @property
    def s3(self) -> "S3Client":
        return self._s3 or client("s3")

    def read(self, uri: str, version: str | None = None) -> bytes:
        bucket, key = split_s3_uri(uri)
        more: Any = {"VersionId": version} if version else {}
        return bytes(self.s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read())

    def blocks(self, uri: str, size: int) -> Iterator[bytes]:
        """The bytes of an object, at most `size` at a time."""
        bucket, key = split_s3_uri(uri)
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"]
        while block := body.read(size):
            yield block

    def lines(self, uri: str) -> Iterator[bytes]:
        """The lines of an object, read as they are needed: a data set may be larger than a function's memory."""
        bucket, key = split_s3_uri(uri)
        yield from self.s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines(chunk_size=1 << 20)

    def write(self, uri: str, body: bytes, *, content_type: str = "") -> None:
        bucket, key = split_s3_uri(uri)
        more: Any = {"ContentType": content_type} if content_type else {}
        self.s3.put_object(Bucket=bucket, Key=key, Body=body, **more)

    def write_new(self, uri: str, body: bytes) -> bool:
        """Writes the object unless there is one; False where there is, or where another writer was faster."""
        bucket, key = split_s3_uri(uri)
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if code(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                return False
            raise
        return True

    def write_json(self, uri: str, value: Any) -> None:
        self.write(uri, json.dumps(value, indent=1, ensure_ascii=False).encode())

    def exists(self, uri: str) -> bool:
        """Requires s3:ListBucket: without it, S3 answers 403 for a missing key."""
        bucket, key = split_s3_uri(uri)
        try:
            self.s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if code(error) in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        return True

    def names(self, folder: str) -> Iterator[str]:
        """The names of the objects directly or indirectly below `s3://bucket/folder/`, without the folder."""
        bucket, prefix = split_s3_uri(folder)
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (item["Key"].removeprefix(prefix) for item in page.get("Contents", []))
