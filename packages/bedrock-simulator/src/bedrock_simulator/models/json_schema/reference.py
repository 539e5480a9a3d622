"""References within a schema."""

from typing import Any
from urllib.parse import unquote


def resolve(root: Any, reference: Any) -> Any:
    """Returns the part of a schema that a reference names. Raises LookupError if there is none."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise LookupError(f"the reference {reference!r} is not one within the schema, such as #/$defs/Name")
    found = root
    for part in unquote(reference[1:]).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(key)] if isinstance(found, list) else found[key]
        except (LookupError, TypeError, ValueError):
            raise LookupError(f"the reference {reference!r} names nothing") from None
    return found
