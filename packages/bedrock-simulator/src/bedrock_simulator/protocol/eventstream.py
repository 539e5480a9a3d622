"""The framing of a streamed answer, `application/vnd.amazon.eventstream`.

A message is: total length, length of its headers, CRC-32 of these two, headers, payload, CRC-32 of all before; the
numbers four bytes each, big-endian. A header is a name, the type 7 (string), and a value, each with its length.
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
    """One message on the wire."""
    fields = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack(">II", _PRELUDE.size + len(fields) + len(payload) + _CRC.size, len(fields))
    checked = lengths + _CRC.pack(crc32(lengths)) + fields + payload
    return checked + _CRC.pack(crc32(checked))


def _json(kind: str, name: str, value: dict[str, Any]) -> bytes:
    headers = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    return message(headers, json.dumps(value).encode())


def event(name: str, value: dict[str, Any]) -> bytes:
    """A member of an operation's event stream."""
    return _json("event", name, value)


def exception(name: str, text: str) -> bytes:
    """An error that the service model has in the stream (`modelStreamErrorException`): it ends the stream.

    To break a stream on request, send the first of its `messages`, then this.
    """
    return _json("exception", name, {"message": text})


def messages(stream: bytes) -> Iterator[bytes]:
    """The messages a whole stream is made of, each as it was encoded."""
    while stream:
        length = _PRELUDE.unpack_from(stream)[0]
        yield stream[:length]
        stream = stream[length:]
