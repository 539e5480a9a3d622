"""The function's URL: HTTP requests and responses (Lambda developer guide, "Request and response payloads", format
2.0).

POST /   the same request as a direct invocation, as JSON: 200 with the answer
GET  /   200 with the routes that the caller may use, as one document

An error is `{"error": {"type", "message"}}`: 400 if the caller has to fix the request, 403 for a restricted route, 404
for a route that does not exist, 405, 429 if the caller's quota is used up, 502 if the function lacks a permission, and
503 if no step answered (with the attempts) or the quota cannot be checked.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from distillery.client import AllStepsFailed, MapUnavailable
from distillery.core.aws import ClientError, code
from distillery.core.errors import BadRequest, NoModel, NotAdmitted, OverQuota, QuotaUnavailable
from distillery.core.function_url import error_response, json_response, parse_body
from lambdas.serving.serve import attempt_documents

Document = Mapping[str, Any]
BODY = "{'route': …, 'prompt': …}"
ACCESS_DENIED = "AWS denied a call that the function made; its operator has to check the function's role"
"""Replaces the message of AWS, which names roles and resources of the account."""


def is_url_event(event: Any) -> bool:
    """Return whether the event looks like one of a function URL. A direct invocation can send such an event, too."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def respond(
    event: Mapping[str, Any], *, answer: Callable[[Any], Document], routes: Callable[[], Document]
) -> dict[str, Any]:
    """Return the HTTP response.

    Args:
        event: the URL's event.
        answer: answers the body of a POST.
        routes: returns the document of a GET.
    """
    method, path = event["requestContext"]["http"].get("method"), event.get("rawPath", "/")
    if path not in ("", "/"):
        return error_response(HTTPStatus.NOT_FOUND, "NotFound", "this path does not exist; use POST / or GET /")
    if method not in ("GET", "POST"):
        response = error_response(
            HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", f"{method} is not allowed; use POST or GET"
        )
        return response | {"headers": response["headers"] | {"allow": "GET, POST"}}
    try:
        return json_response(HTTPStatus.OK, routes() if method == "GET" else answer(parse_body(event, send=BODY)))
    except NoModel as error:
        return error_response(HTTPStatus.NOT_FOUND, "NoModel", str(error))
    except NotAdmitted as error:
        return error_response(HTTPStatus.FORBIDDEN, "NotAdmitted", str(error))
    except OverQuota as error:
        return _over_quota(error)
    except QuotaUnavailable as error:
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "QuotaUnavailable", str(error))
    except BadRequest as error:
        return error_response(HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
    except AllStepsFailed as error:
        attempts = attempt_documents(error.attempts)
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "AllStepsFailed", str(error), attempts=attempts)
    except MapUnavailable as error:
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "MapUnavailable", str(error))
    except ClientError as error:
        return error_response(HTTPStatus.BAD_GATEWAY, code(error), ACCESS_DENIED)


def _over_quota(error: OverQuota) -> dict[str, Any]:
    response = error_response(HTTPStatus.TOO_MANY_REQUESTS, "OverQuota", str(error))
    retry_after = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return response | {"headers": response["headers"] | retry_after}
