"""Waits for a local account while it is active, however busy this machine is.

A wait fails once the account has been idle (no request, invocation or delivery in progress) for a day of its own time.
Real seconds decide nothing: on a busy machine everything takes longer, and so does the wait.
"""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

from local.account import LocalAccount

T = TypeVar("T")
QUIET = 24 * 3600.0
"""Virtual seconds. The longest pause in the tests is training on 15,000 prompts: 14 hours."""
LOOKS = 100
"""A thread of the account may be due but not have run yet, so the account must also be seen idle this often."""
_BETWEEN_LOOKS = 0.2  # real seconds; each look is two requests or more


def admin(account: LocalAccount, method: str, path: str, change: Any = None) -> Any:
    """Returns the answer of one of the administrative paths, which AWS does not have."""
    body = None if change is None else json.dumps(change).encode()
    url = f"{account.endpoint}/_admin/{path}"
    request = urllib.request.Request(url, body, account.admin, method=method)  # noqa: S310 - our own loopback address
    with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
        return json.load(response)


def until(account: LocalAccount, found: Callable[[], T], what: str = "answer") -> T:
    """Returns the first true result of `found`. Fails if the account becomes idle without one."""
    quiet, looks, before = 0.0, 0, admin(account, "GET", "activity")
    while not (value := found()):
        now = admin(account, "GET", "activity")
        if not before["busy"] and not now["busy"]:
            quiet, looks = quiet + max(0.0, now["epoch"] - before["epoch"]), looks + 1
        if quiet > QUIET and looks > LOOKS:
            raise AssertionError(f"no {what}, and the account is idle")
        before = now
        time.sleep(_BETWEEN_LOOKS)
    return value
