"""What a failed call means for the walk: try again, go on, read the map again, or tell the caller.

Access is granted model by model and endpoint by endpoint: a denial is of that step alone, and the next may answer.

Errors of Converse are those of botocore 1.44.5's model. A model past its end of life is `ResourceNotFoundException`
("This model version has reached the end of its life"), as is a Legacy one that the account has not used lately; one
that a Region does not know any more is `ValidationException` ("The provided model identifier is invalid"). Other
`ValidationException`s speak of the caller's request, unless they speak of what the map said: identifier, mode or tier.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import (
    ConnectionError,
    ConnectTimeoutError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from distillery.client.aws import ClientError, code


class Kind(StrEnum):
    """TRANSIENT: the same step may answer in a moment. LATE: it used up its time, so another is next. GONE: what the
    map names is not there, or not as the map says. DENIED: the caller may not call that step. CALLERS: no step would
    answer otherwise."""

    TRANSIENT = "transient"
    LATE = "late"
    GONE = "gone"
    DENIED = "denied"
    CALLERS = "callers"


class StreamTruncated(Exception):
    """A stream that ended, without an error, before its message did."""


class StreamLate(Exception):
    """A stream that had said nothing when the request's deadline passed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """name: the error's, as the service or botocore calls it."""

    kind: Kind
    name: str
    message: str


TRANSIENT = frozenset({
    "InternalServerException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelStreamErrorException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
})  # fmt: skip
LATE = frozenset({"ModelTimeoutException", "RequestTimeout", "RequestTimeoutException"})
OF_THE_MAP = re.compile(
    r"This model version has reached the end of its life\."
    r"|The provided model identifier is invalid\."
    r"|Invocation of model ID \S+ with on-demand throughput isn.t supported\."
    r"|Latency performance configuration is not supported for "
    r"|The service tier \w+ is not supported for "
)
"""How the sentences begin with which `ValidationException` refuses what the map said. From their beginning, since other
sentences quote the caller."""
_LATE = (ConnectTimeoutError, ReadTimeoutError, StreamTimeoutError, StreamLate)
_CONNECTION = (
    ConnectionError,
    HTTPClientError,
    HTTPError,
    IncompleteReadError,
    ResponseParserError,
    StreamTruncated,
)


def judge(error: Exception) -> Failure:
    """What it was, and what it means."""
    if isinstance(error, ClientError):
        name = code(error)
        said = str(error.response.get("Error", {}).get("Message", ""))
        return Failure(_of_service(name, said, _status(error)), name, said)
    kind = Kind.LATE if isinstance(error, _LATE) else Kind.TRANSIENT if isinstance(error, _CONNECTION) else Kind.CALLERS
    return Failure(kind, type(error).__name__, str(error))


def _of_service(name: str, said: str, status: int) -> Kind:
    if name in LATE or status == 408:
        return Kind.LATE
    if name in TRANSIENT or status == 429 or status >= 500:
        return Kind.TRANSIENT
    if name == "ResourceNotFoundException":
        return Kind.GONE
    if name == "AccessDeniedException":
        return Kind.DENIED
    if name == "ValidationException" and OF_THE_MAP.match(said):
        return Kind.GONE
    return Kind.CALLERS


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
