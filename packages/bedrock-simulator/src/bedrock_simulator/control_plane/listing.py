"""What every List operation does: filter, sort by creation time, page."""

from collections.abc import Sequence
from typing import Any

from bedrock_simulator import errors

Params = dict[str, Any]
PAGE = 100
_AFTER, _BEFORE = (
    tuple(f"{what}{when}" for what in ("creationTime", "created", "submitTime")) for when in ("After", "Before")
)


def page(params: Params, rows: Sequence[Params], result: str, *, name: str, created: str) -> Params:
    """One page of `rows` under the key `result`; `name` and `created` are the rows' keys for the filters."""
    kept = [row for row in rows if _kept(row, params, name, created)]
    kept.sort(key=lambda row: row[created], reverse=params.get("sortOrder") != "Ascending")
    start, size = _start(params.get("nextToken")), params.get("maxResults", PAGE)
    more = {"nextToken": f"from-{start + size}"} if start + size < len(kept) else {}
    return {result: kept[start : start + size], **more}


def _kept(row: Params, params: Params, name: str, created: str) -> bool:
    after = next((params[name] for name in _AFTER if name in params), None)
    before = next((params[name] for name in _BEFORE if name in params), None)
    return (
        params.get("nameContains", "") in row[name]
        and params.get("statusEquals", row.get("status")) == row.get("status")
        and (after is None or row[created] > after)
        and (before is None or row[created] < before)
    )


def _start(token: str | None) -> int:
    if token is None:
        return 0
    number = token.removeprefix("from-")
    if not number.isdigit():
        raise errors.validation("1 validation error detected: the nextToken is not one of ours")
    return int(number)
