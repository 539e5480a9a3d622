"""Digits, signs and spaces of every script, as the ASCII characters that mean the same in numbers."""

import unicodedata


class _Signs(dict[int, int]):
    """Maps characters to the ASCII ones that mean the same in numbers, one to one, so that positions stay."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        digit = unicodedata.decimal(char, None)
        kind = unicodedata.category(char)
        if digit is not None:
            self[code] = ord("0") + digit
        elif kind == "Zs":
            self[code] = ord(" ")
        elif kind == "Cf":
            self[code] = code
        else:
            wide = unicodedata.normalize("NFKC", char) if 0xFE50 <= code <= 0xFFE6 else char
            self[code] = ord(wide) if len(wide) == 1 else code
        return self[code]


_SIGNS = _Signs(
    {
        **dict.fromkeys(map(ord, "−‐‑‒–—﹣-"), ord("-")),
        **dict.fromkeys(map(ord, "’‘ʼ＇"), ord("'")),
        ord("٫"): ord("."),
        ord("٬"): ord(","),
        ord("،"): ord(","),
        ord("、"): ord(","),
        ord("；"): ord(";"),
        ord("؛"): ord(";"),
        ord("٪"): ord("%"),
        ord("⁄"): ord("/"),
        ord("∕"): ord("/"),
    }
)


def plain_signs(text: str) -> str:
    """The text, as long as before, with ASCII digits, signs and spaces in the place of their variants."""
    return text if text.isascii() else text.translate(_SIGNS)
