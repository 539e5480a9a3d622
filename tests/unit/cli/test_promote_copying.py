"""The files of a data set are copied in little memory, whatever their size."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from distillery.cli.promote.copying import PART, _copy, _parts

BLOCK = 1 << 20


class Source:
    """S3 with one object of `blocks` blocks, which exist only while they are read."""

    def __init__(self, blocks: int) -> None:
        self.left = blocks

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": self}

    def read(self, size: int) -> bytes:
        if not self.left:
            return b""
        self.left -= 1
        return bytes([self.left % 251]) * size


class Target:
    """S3 that forgets what it is sent."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, *, Body: bytes, **_: Any) -> dict[str, str]:  # noqa: N803 the API's name
        self.sizes.append(len(Body))
        return {"ETag": "e"}

    def complete_multipart_upload(self, **_: Any) -> None:
        pass


def test_at_most_three_parts_are_in_memory() -> None:
    blocks, target = 5 * PART // BLOCK + 3, Target()
    found, source = hashlib.sha256(), Source(blocks)
    while block := source.read(BLOCK):
        found.update(block)
    tracemalloc.start()
    try:
        size = _copy(Source(blocks), target, "s3://data/f", ("prompts", "f"), found.hexdigest())  # type: ignore[arg-type]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (size, target.sizes) == (blocks * BLOCK, [PART] * 5 + [3 * BLOCK])
    assert most < 3 * PART + 4 * BLOCK, f"{most / BLOCK:.0f} MiB"


@pytest.mark.parametrize("sizes", [[], [1], [10], [4, 6], [7, 7, 7], [25], [10, 10], [3] * 9])
def test_parts_are_of_one_size_and_lose_nothing(monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> None:
    monkeypatch.setattr("distillery.cli.promote.copying.PART", 10)

    def blocks() -> Iterator[bytes]:
        for number, size in enumerate(sizes):
            yield bytes([number]) * size

    found = list(_parts(blocks()))
    assert b"".join(found) == b"".join(blocks())
    assert [len(one) for one in found[:-1]] == [10] * (len(found) - 1)
    assert all(found)
