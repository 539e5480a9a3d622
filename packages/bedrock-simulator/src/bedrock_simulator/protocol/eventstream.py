"""The encoding of event streams, `application/vnd.amazon.eventstream`.

A message is: total length, length of its headers, CRC-32 of these two, headers, payload, CRC-32 of everything before;
numbers have four bytes, big-endian. A header is a name, the type 7 (string), and a value, each with its length.
Source: Smithy 2.0, "Amazon Event Stream Specification"; botocore decodes the format and does not encode it.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE, _CRC = struct.Struct(">III"), struct.Struct(">I")
_STRING = 7


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(f">B{len(key)}sBH{len(text)}s", len(key), key, _STRING, len(text), text)


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """Encodes one message."""
    fields = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack(">II", _PRELUDE.size + len(fields) + len(payload) + _CRC.size, len(fields))
    checked = lengths + _CRC.pack(crc32(lengths)) + fields + payload
    return checked + _CRC.pack(crc32(checked))


def _json(kind: str, name: str, value: dict[str, Any]) -> bytes:
    headers = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    return message(headers, json.dumps(value).encode())


def event(name: str, value: dict[str, Any]) -> bytes:
    """Encodes a member of an operation's event stream."""
    return _json("event", name, value)


def exception(name: str, text: str) -> bytes:
    """Encodes an error of the event stream (`modelStreamErrorException`). It ends the stream."""
    return _json("exception", name, {"message": text})


def messages(stream: bytes) -> Iterator[bytes]:
    """Splits a stream into its messages, still encoded."""
    while stream:
        length = _PRELUDE.unpack_from(stream)[0]
        yield stream[:length]
        stream = stream[length:]
