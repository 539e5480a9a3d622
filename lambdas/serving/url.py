"""The function's URL: HTTP in and out (Lambda Developer Guide, "Request and response payloads", format 2.0).

POST /   a request as the direct one, as JSON: 200 with the answer
GET  /   200 with the routes that the caller may use as one document

What cannot be answered is `{"error": {"type", "message"}}`: 400 for what the caller can mend, 403 for a route that is
for others, 404 for one that there is not, 405, 429 for more than is left of the caller's quota, 502 where the function
lacks a permission, and 503 where no step answered, with the attempts, or where callers are counted and could not be.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from distillery.client import AllStepsFailed, MapUnavailable
from distillery.core.aws import ClientError, code
from distillery.core.errors import BadRequest, NoModel, NotAdmitted, OverQuota, QuotaUnavailable
from distillery.core.url import body_of, refusal, reply
from lambdas.serving.serve import attempts_of

Answer = Mapping[str, Any]
SEND = "{'route': …, 'prompt': …}"
NOT_LET = "AWS refused a call that the function made; whoever deployed it can look into its role"
"""In place of AWS's sentence, which names the account's roles and resources."""


def is_url_event(event: Any) -> bool:
    """Whoever invokes the function directly may send anything in its place."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def respond(event: Mapping[str, Any], *, ask: Callable[[Any], Answer], routes: Callable[[], Answer]) -> dict[str, Any]:
    """ask: answers the body of a POST; routes: what GET answers."""
    method, path = event["requestContext"]["http"].get("method"), event.get("rawPath", "/")
    if path not in ("", "/"):
        return refusal(HTTPStatus.NOT_FOUND, "NotFound", "there is nothing here: POST or GET /")
    if method not in ("GET", "POST"):
        answer = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", f"{method} is not taken: POST or GET /")
        return answer | {"headers": answer["headers"] | {"allow": "GET, POST"}}
    try:
        return reply(HTTPStatus.OK, routes() if method == "GET" else ask(body_of(event, send=SEND)))
    except NoModel as error:
        return refusal(HTTPStatus.NOT_FOUND, "NoModel", str(error))
    except NotAdmitted as error:
        return refusal(HTTPStatus.FORBIDDEN, "NotAdmitted", str(error))
    except OverQuota as error:
        return _over(error)
    except QuotaUnavailable as error:
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "QuotaUnavailable", str(error))
    except BadRequest as error:
        return refusal(HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
    except AllStepsFailed as error:
        return refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "AllStepsFailed", str(error), attempts=attempts_of(error.attempts)
        )
    except MapUnavailable as error:
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "MapUnavailable", str(error))
    except ClientError as error:
        return refusal(HTTPStatus.BAD_GATEWAY, code(error), NOT_LET)


def _over(error: OverQuota) -> dict[str, Any]:
    answer = refusal(HTTPStatus.TOO_MANY_REQUESTS, "OverQuota", str(error))
    later = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return answer | {"headers": answer["headers"] | later}
