"""What IAM needs of a caller is worked out once for a request, and a policy is parsed once.

AWS: what is cached, and for how long, is not seen; here a changed policy applies to the next request.
ministack: parses all policies of the caller for each check of a request, of which there are up to six, and once more
    for the caller's ARN, which needs none: a sixth of the CPU time of requests.
    It matches the same action with the same patterns each time, for each statement of the caller twice.
Patch: the statements of a document are kept by its text, so that another text has its own. The principal is resolved
    once for the checks of a request. The ARN is that of the credential. Whether an action matches a pattern is kept.
"""

import contextlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator, router
from ministack.core.responses import _account_from_sts_session, get_account_id

_TEXTS = 4096  # an environment has some two hundred policies
_MATCHES = 65_536  # three hundred actions of requests, and the patterns of two hundred policies
_principals: ContextVar[dict[tuple[str, str], Any] | None] = ContextVar("principals", default=None)


@contextlib.contextmanager
def one_request() -> Iterator[None]:
    """Resolves each principal once within; nothing may change it meanwhile."""
    token = _principals.set({})
    try:
        yield
    finally:
        _principals.reset(token)


def request_caller_arn(headers: dict[str, str], query_params: dict[str, list[str]] | None = None) -> str:
    """Returns the ARN of who signed a request; root of the account if the key is unknown."""
    root = f"arn:aws:iam::{get_account_id()}:root"
    key = router.extract_access_key_id(headers or {}, query_params or {})
    if not key:
        return root
    found = iam_evaluator.resolve_credential(key, _account_from_sts_session(key) or get_account_id())
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        return root
    return str(found.principal_arn) or root


@lru_cache(_TEXTS)
def _loaded(document: str) -> Any:
    """The JSON of a document, which nobody changes; the text itself if it is none."""
    try:
        return json.loads(document)
    except ValueError:
        return document


def install() -> None:
    """Wraps the parsers of policies and the resolution of principals."""
    parse, resolve = iam_evaluator.parse_policy_document, iam_evaluator.resolve_principal
    evaluate = iam_evaluator.evaluate_resource_policy
    parse_text = lru_cache(_TEXTS)(parse)

    def parse_policy_document(document: Any) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    def evaluate_resource_policy(document: Any, *context: Any, **options: Any) -> Any:
        return evaluate(_loaded(document) if isinstance(document, str) else document, *context, **options)

    def resolve_principal(access_key_id: str, account_id: str, credential: Any = None) -> Any:
        known = _principals.get()
        if known is None:
            return resolve(access_key_id, account_id, credential)
        if (found := known.get((access_key_id, account_id))) is None:
            found = resolve(access_key_id, account_id, credential)
            if not isinstance(found, iam_evaluator.AuthError):
                known[access_key_id, account_id] = found
        return found

    iam_evaluator.fnmatch_iam = lru_cache(_MATCHES)(iam_evaluator.fnmatch_iam)
    iam_evaluator.parse_policy_document = parse_policy_document
    iam_evaluator.evaluate_resource_policy = evaluate_resource_policy
    iam_evaluator.resolve_principal = resolve_principal
    iam_evaluator.request_caller_arn = request_caller_arn
