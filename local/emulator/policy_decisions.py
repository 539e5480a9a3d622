"""What IAM would answer: reads policies and requests from standard input, and writes decisions to standard output. It
needs no running account.

Each line is a list, and so is its answer:

    [{"document": {…}, "asks": [{"action": …, "resource": …, "keys": {…}, "principal": …}, …]}, …]
        →  [["Allow", "ImplicitDeny", …], …]

The evaluator is ministack's own with our hook for variables, which also enforces in the running account.
"""

import json
import sys
from typing import Any

from ministack.core import iam_evaluator as iam

from local.emulator.hooks import policy_variables, principals

_PRINCIPAL, _ACCOUNT = "arn:aws:sts::111111111111:assumed-role/team/session", "111111111111"


def decisions(document: Any, asks: list[dict[str, Any]]) -> list[str]:
    """The decision on each request, by one identity-based policy alone."""
    statements = [iam.parse_policy_document(document)]
    return [str(iam.evaluate(_context(ask), statements).decision) for ask in asks]


def _context(ask: dict[str, Any]) -> iam.EvalContext:
    return iam.EvalContext(
        principal_arn=ask.get("principal") or _PRINCIPAL,
        principal_type="AssumedRole",
        principal_account=ask["keys"].get("aws:ResourceAccount", _ACCOUNT),  # the evaluator knows only one account
        action=ask["action"],
        resource_arn=ask["resource"],
        region=ask["resource"].split(":")[3],
        secure_transport=True,
        service_context={key.lower(): value for key, value in ask["keys"].items()},
    )


if __name__ == "__main__":
    policy_variables.install()
    principals.install()
    for line in sys.stdin:
        print(json.dumps([decisions(case["document"], case["asks"]) for case in json.loads(line)]), flush=True)
