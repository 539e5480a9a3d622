"""A line as a typed record, decoded and checked in one compiled call (msgspec).

As strict as the schema and AWS's own validator: no other field, one text block each, roles by their tag. What a type
cannot say, such as that a text is more than white space, `sound` checks.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from distillery.core.limits import SCHEMA_VERSION

__all__ = ["UNSET", "Assistant", "Bare", "Block", "Labelled", "Record", "User"]


class Block(Struct, forbid_unknown_fields=True, gc=False):
    text: Annotated[str, Meta(min_length=1)]
    type: Literal["text"] | UnsetType = UNSET


class User(Struct, forbid_unknown_fields=True, tag_field="role", tag="user", gc=False):
    content: tuple[Block]


class Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant", gc=False):
    content: tuple[Block]


Message: TypeAlias = User | Assistant


class Asking(Struct, forbid_unknown_fields=True, gc=False):
    """As User, where no other role may stand: of a type that is alone, msgspec lets the tag be missing."""

    role: Literal["user"]
    content: tuple[Block]


class Answering(Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["assistant"]
    content: tuple[Block]


class Record(Struct, forbid_unknown_fields=True, gc=False):
    """A dialogue; whether its roles are in turns no type can say."""

    schemaVersion: Literal[SCHEMA_VERSION]  # type: ignore[valid-type]  # noqa: N815  # a constant; the schema's name
    messages: Annotated[tuple[Message, ...], Meta(min_length=1)]
    system: tuple[Block] | UnsetType = UNSET

    @property
    def blocks(self) -> list[Block]:
        own = [] if self.system is UNSET else self.system
        return [*own, *(block for message in self.messages for block in message.content)]


class Labelled(Record, forbid_unknown_fields=True, gc=False):
    """A prompt with its reference answer."""

    messages: tuple[Asking, Answering]  # type: ignore[assignment]


class Bare(Record, forbid_unknown_fields=True, gc=False):
    """A prompt without one."""

    messages: tuple[Asking]  # type: ignore[assignment]
