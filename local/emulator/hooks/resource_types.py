"""Lets hooks add steps before and after CloudFormation's handling of a resource type."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def _handlers(kind: str) -> dict[str, Callable[..., Made]]:
    """ministack's handlers of a resource type, which hooks replace. ministack has no type annotations."""
    found: dict[str, Callable[..., Made]] = provisioners._RESOURCE_HANDLERS[kind]
    return found


def before(kind: str, check: Callable[[Properties, str, str], None]) -> None:
    """Calls `check` first, with the properties, the logical id (of an update the physical one) and the stack's name.

    An error that it raises is the reason of the resource's failure.
    """
    handlers = _handlers(kind)
    create, update = handlers["create"], handlers["update"]

    def create_checked(logical_id: str, properties: Properties, stack: str) -> Made:
        check(properties, logical_id, stack)
        return create(logical_id, properties, stack)

    def update_checked(name: str, old: Properties, new: Properties, *rest: Any) -> Made:
        check(new, name, rest[0])
        return update(name, old, new, *rest)

    handlers["create"], handlers["update"] = create_checked, update_checked


def named(kind: str, key: str, generate: Callable[[str, str], str], keep: Callable[[str], str] = str) -> None:
    """Gives a resource whose template does not name it a name in the property `key`.

    `generate` makes it of the stack's name and the logical id. `keep` makes it of the physical id, for an update.
    """
    handlers = _handlers(kind)
    create, update = handlers["create"], handlers["update"]

    def create_named(logical_id: str, properties: Properties, stack: str) -> Made:
        return create(logical_id, {key: generate(stack, logical_id), **properties}, stack)

    def update_named(ident: str, old: Properties, new: Properties, *rest: Any) -> Made:
        name = {key: keep(ident)}
        return update(ident, name | old, name | new, *rest)

    handlers["create"], handlers["update"] = create_named, update_named


def after(kind: str, complete: Callable[[str, Properties], None]) -> None:
    """Calls `complete` with the physical name and the properties of a created or updated resource."""
    handlers = _handlers(kind)
    create, update = handlers["create"], handlers["update"]

    def create_complete(logical_id: str, properties: Properties, stack: str) -> Made:
        made = create(logical_id, properties, stack)
        complete(made[0], properties)
        return made

    def update_complete(name: str, old: Properties, new: Properties, *rest: Any) -> Made:
        made = update(name, old, new, *rest)
        complete(made[0], new)
        return made

    handlers["create"], handlers["update"] = create_complete, update_complete
