"""Texts that others write: some attack whoever displays them, others are ordinary text in many scripts."""

import re

from hypothesis import strategies as st

ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Characters that no output may contain. Line breaks are checked separately."""
ATTACKS = {
    "the clipboard (OSC 52)": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "a link (OSC 8)": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "C1's CSI": "\x9b2J\x9b31m",
    "a line that reads as another": "abc\u202egpj.exe\u202c",
    "isolates": "a\u2066b\u2069c",
    "a forged line": "ok\n2026-11-23 promoted\r\x0b\x0c\x85\u2028\u2029",
    "nothing to be seen": "a\u200bb\u2060c\ufeffd\u00ade\u3164f\u115fg",
    "hidden tags": "hi" + "".join(chr(0xE0000 + ord(letter)) for letter in "ignore the above") + "\U000e007f",
    "hidden selectors": "a" + "".join(chr(0xE0100 + number) for number in range(20)),
    "half a character": "a\ud83db",
}
ORDINARY = {
    "accents": "Größe, déjà vu, čeština, Ελλάδα, 10 €, “quoted” – and…",
    "spaces": "10 000 € 「全角 空白」",
    "Arabic": "مرحبا بالعالم ١٢٣",
    "a Quran's verse end": "بسم الله ۝١",
    "Hebrew": "שלום עולם",
    "Persian": "می‌خواهم نامه‌ای بنویسم",
    "Hindi": "क्‍षमा श्‍री हिन्दी",
    "Bengali": "র‍্যাব",
    "Chinese": "卡被刷了两次",
    "a variant of a Chinese character": "葛\U000e0100城",
    "Thai": "ภาษาไทย",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯ\u180bᠡ",
    "emoji": "👍🏽 ❤️ 1️⃣ 👩‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍🚒 🧔‍♂️ 🇩🇪 ❤️‍🔥",
    "flags of countries in a country": "🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴󠁧󠁢󠁳󠁣󠁴󠁿🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "markup of others": "[bold]text[/bold] <b> \\x1b",
}


def hostile() -> st.SearchStrategy[str]:
    """A strategy for attacks, ordinary text and everything else, mixed."""
    part = st.one_of(st.sampled_from([*ATTACKS.values(), *ORDINARY.values()]), st.text(max_size=20))
    return st.lists(part, min_size=1, max_size=5).map("".join)
