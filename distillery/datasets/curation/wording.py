"""What makes no difference between prompts, and which words left over do.

A prompt is compared in its canonical form: without the marks of Arabic and Hebrew vowels where only one marked form of
the text exists, and, if its answer is known, without signatures and the numbers of orders. Of the words in which two
texts then differ, none may stand in the middle: "is it open" is not "is it closed", and revenue is not net revenue. A
word more at the beginning or the end of a long text is a matter of style, unless it negates, limits or asks.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from distillery.core.conversation import Prompt, distinct_non_ascii
from distillery.datasets.curation.recognizers.context import Words
from distillery.datasets.curation.text import is_single, normalize, prompt_text, words

_VOWELS = re.compile("[\u064b-\u0652\u0670\u05b0-\u05bc\u05c1\u05c2\u05c7]")
"""Arabic and Hebrew vowels and doublings, which most writers omit."""
_VOWELLESS = re.compile("[\u05d0-\u05ea\u0621-\u064a]")
_CLOSINGS = (
    "regards|kind regards|best regards|warm regards|many thanks|thanks|thank you|thanks in advance|best|best wishes|"
    "all the best|cheers|sincerely|yours sincerely|sincerely yours|yours faithfully|yours truly|respectfully|"
    "mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|viele grüße|beste grüße|mfg|danke|"
    "cordialement|bien cordialement|salutations|merci|saludos|un saludo|saludos cordiales|atentamente|gracias|"
    "cordiali saluti|distinti saluti|grazie|atenciosamente|obrigado|obrigada|met vriendelijke groet|groeten|"
    "med vänliga hälsningar|hälsningar|pozdrawiam|с уважением|谢谢|此致|敬具|よろしくお願いします|감사합니다"
)
_NAME = r"[^\W\d_][^\n\d:;?!¿¡]{0,39}"
_SIGNATURE = re.compile(
    rf"\n[^\S\n]*(?:{_CLOSINGS})[^\S\n]*[,.!，。]?[^\S\n]*(?:\n[^\S\n]*{_NAME}(?<![.。])(?=\n|$)){{0,3}}(?=\n|$)",
    re.IGNORECASE,
)
"""A closing formula alone on its line, with up to three short lines after it: names, not sentences or labels."""
_DIGITS = re.compile(r"[0-9]{5,}(?![.,:/-]?[A-Za-z0-9_]|[^\S\n]?[%$€£¥元円원个個件份])")
"""Begins with a digit, because searching for a letter first would try nearly every position of a text."""
_AS_DIGITS = bytes(ord("0") if each in b"0123456789" else ord(" ") for each in range(256))
_BEFORE_DIGITS = re.compile(r"[^A-Za-z0-9_.,:/$€£¥-](?:[A-Za-z]{1,4}-?)?$")
"""What stands before the digits of an identifier, such as a space, or letters as in `INV-48213`."""
_WORD = re.compile(r"[^\W\d_]+")
_BEING = Words.of("is was ist est es").whole
_LABELS = _BEING | Words.of("no nr n num number numero numéro número nummer id").whole
_REACH = 30
"""Characters before a number in which a word says what it is."""
_GAP = 4
"""Characters between, in scripts without spaces."""
_ORDERS = Words.of(
    "order invoice ticket booking reservation shipment parcel tracking receipt commande facture colis pedido factura "
    "envío ordine fattura spedizione encomenda fatura factuur ordre zamówienie",
    beginnings="bestellnummer bestellung auftrag rechnung sendung buchung",
    anywhere="注文 订单 訂單 运单 快递单",
)
"""Words before numbers that only name something."""
_HINTS = (*sorted(_ORDERS.whole), *_ORDERS.beginnings, *_ORDERS.anywhere)
_VERBS = Words.of("order invoice commande facture factura fattura fatura").whole
"""Those that are verbs too, as in `to order 50000 chairs`."""
_DETERMINERS = Words.of("my our your his her their the this that for of about ma notre votre la mi su nuestra il").whole
"""Words before a noun."""

_FILLERS = Words.of("please kindly just so indeed also well ok okay thanks bitte danke merci gracias").whole
_AT_THE_END = Words.of("yet already now then here there anyway though noch schon jetzt dort hier déjà encore").whole
"""Adverbs that say little where they end a question."""
_LONG = 15
"""Words from which a text does not change its sense by another word at its beginning or end."""
_DECIDING = Words.of(
    "no not none never neither nor without except excluding excl unless only cannot instead but if before after until "
    "since or and how why what when where who whom whose which can could may must "
    "wie warum wieso wann wo wer was welche welcher kann darf "
    "comment pourquoi quand où qui quoi quel quelle combien cómo qué cuándo dónde quién cuál cuánto "
    "come perché quando dove chi quanto как почему когда где кто что можно "
    "nicht kein keine keinen keiner nie niemals ohne außer nur aber wenn oder und bis seit "
    "ne pas non jamais sans sauf seulement aucun aucune ou et si ni no nunca sin excepto solo sólo salvo sino o y "
    "mai senza tranne solo eccetto não nunca sem exceto só niet geen nooit zonder alleen behalve "
    "inte aldrig utan ikke aldri uten nie bez tylko не нет без никогда только кроме "
    "لا ليس لم لن بدون فقط नहीं मत बिना सिर्फ केवल değil hiç yok sadece không chưa tidak bukan tanpa"
).whole
"""Words that negate, limit, ask, or join a condition."""


def canonical_texts(prompts: Sequence[Prompt]) -> dict[int, str]:
    """Returns the canonical texts by number of prompt, of those that differ from the text itself."""
    found = {
        number: text
        for number, prompt in enumerate(prompts)
        if prompt.reference is not None and (text := _of_labelled(prompt)) != prompt_text(prompt)
    }
    marked: defaultdict[str, set[str]] = defaultdict(set)
    bare: defaultdict[str, list[int]] = defaultdict(list)
    for number, prompt in enumerate(prompts):
        text = found.get(number) or prompt_text(prompt)
        if _VOWELLESS.search("".join(distinct_non_ascii(text))):
            with_marks = normalize(text)
            without = _VOWELS.sub("", with_marks)
            if with_marks == without:
                bare[without].append(number)
            else:
                marked[without].add(with_marks)
    for without, numbers in bare.items():
        if len(forms := sorted(marked.get(without, ()))) == 1:
            found |= dict.fromkeys(numbers, forms[0])
    return found


def _of_labelled(prompt: Prompt) -> str:
    """Returns the text without signatures and numbers of orders: the answer is known not to depend on them."""
    text = _SIGNATURE.sub("", prompt_text(prompt))
    if not _has_digits(text):
        return text
    lowered = text.lower()
    if not any(word in lowered for word in _HINTS):
        return text
    everything = f"{prompt.system}\n{text}"
    return _DIGITS.sub(lambda match: _without_number(match, everything), text)


def _has_digits(text: str) -> bool:
    """Whether `_DIGITS` may find anything. Takes a tenth of its time."""
    return b"00000" in text.encode(errors="surrogatepass").translate(_AS_DIGITS)


def _without_number(match: re.Match[str], everything: str) -> str:
    """Replaces the digits if a word names them an order's, and nothing else in the prompt can refer to them."""
    start = match.start()
    letters = _BEFORE_DIGITS.search(f"\n{match.string[max(0, start - _REACH) : start]}")
    if letters is None:
        return match[0]
    start -= len(letters[0]) - 1
    before = match.string[max(0, start - _REACH) : start].lower()
    if not _names_an_order(before) or everything.count(match[0]) > 1:
        return match[0]
    return "0" * len(match[0])


def _names_an_order(before: str) -> bool:
    part = _ORDERS.last_part_in(before)
    if part and len(before) - part <= _GAP:
        return True
    words = _WORD.findall(before)
    labelled = before.endswith("#")
    while words and words[-1] in _LABELS:
        labelled |= words.pop() not in _BEING
    if not words or not _ORDERS.has(words[-1]):
        return False
    return labelled or words[-1] not in _VERBS or any(word in _DETERMINERS for word in words[-2:-1])


def segments_differ_in_style(mine: Sequence[str], its: Sequence[str]) -> bool:
    """Compares segment by segment, if both have as many, and else as a whole."""
    pairs = zip(mine, its, strict=True) if len(mine) == len(its) else [(" ".join(mine), " ".join(its))]
    return all(differ_in_style(words(one), words(other)) for one, other in pairs)


def differ_in_style(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether one text has the other's words without interruption, and at its ends only words that decide nothing.

    In a short text, these are a few adverbs. In a long one, these are all words that do not negate, limit or ask.

    Args:
        one: Words of a text in small letters.
        other: Those of the other text.
    """
    shorter, longer = sorted(([word for word in words if word not in _FILLERS] for words in (one, other)), key=len)
    extra = len(longer) - len(shorter)
    for start in range(extra + 1):
        if longer[start : start + len(shorter)] == shorter:
            more = [word for word in longer[:start] + longer[start + len(shorter) :] if word not in _AT_THE_END]
            return not more or (len(shorter) >= _LONG and not any(map(_decides, more)))
    return False


def _decides(word: str) -> bool:
    return word in _DECIDING or is_single(word) or not word.isalpha()
