"""JSON of others: what two readers could understand differently is refused."""

import pytest

from distillery.records.strict_json import DEEPEST, LARGEST_BYTES, NotStrict, read_object


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a": 1, "a": 1}', "same name twice"),
        (b'{"b": {"a": 1, "a": 2}}', "same name twice"),
        (b'{"a": 1, "\\u0061": 2}', "same name twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "NaN"),
        (b'{"a": -Infinity}', "NaN"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b'{"a": "\xc0\x80"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"a": 1} {}', "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        (b"", "not JSON"),
        (b"[]", "list"),
        (b"null", "NoneType"),
        (b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "levels deep"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "levels deep"),
        (b'{"a": "' + b"x" * LARGEST_BYTES + b'"}', "bytes"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_it_is_refused_with_the_reason(text: bytes, why: str) -> None:
    with pytest.raises(NotStrict, match=why):
        read_object(text)


def test_what_is_strict_is_read() -> None:
    deep = b'{"a": ' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"
    assert read_object(b' {"a": [1, 2.5, "\xc3\xa4", "\\ud83d\\ude00", null]} ') == {"a": [1, 2.5, "ä", "😀", None]}
    assert read_object(deep)
