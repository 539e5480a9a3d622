"""One word, character or sign that decides, against what makes no difference: labelled corpora of both."""

import random
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.datasets.curation.near_duplicates import cluster_leaders

Pair = tuple[str, str]
"""Two texts: different prompts in `DIFFERENT`, the same prompt in `SAME`."""


def prompt(text: str, reference: str | None = None) -> Prompt:
    return Prompt(system=None, messages=(("user", text),), reference=reference)


def are_same(one: str, other: str, reference: str | None) -> bool:
    return cluster_leaders([prompt(one, reference), prompt(other, reference)], threshold=0.8) == [0, 0]


LONG = (
    "Please read what the customer wrote below with great care and say in one word whether the person {} wants the "
    "bank to {} the account that was opened {} year in the branch at the {} station of the town",
    "Bitte lesen Sie genau, was der Kunde {} geschrieben hat, und sagen Sie in einem Wort, ob er das Konto {} will, "
    "das die Bank ihm {} Jahr in der Filiale am {} Bahnhof der Stadt eröffnet hat",
    "Прочитайте внимательно что клиент {} написал и скажите одним словом хочет ли он {} счет который банк открыл ему "
    "{} году в отделении у {} вокзала города",
)
WORDS = (
    "open",
    "close",
    "keep",
    "sell",
    "buy",
    "last",
    "next",
    "main",
    "never",
    "always",
    "net",
    "новый",
    "alt",
    "neu",
)
LETTERS = "请告诉我这家公司在去年第四季度的收入是多少并且说明与前年相比是增加了还是减少了以及为什么"
KANA = "この会社の昨年度の売上高はいくらで前の年と比べて増えたのかそれとも減ったのかを教えてください"
THAI = "กรุณาบอกว่าบริษัทนี้มีรายได้เท่าไรในปีที่แล้วและเพิ่มขึ้นหรือลดลงเมื่อเทียบกับปีก่อน"


def a_word_replaced(by: random.Random) -> Iterator[Pair]:
    for template in LONG:
        for _ in range(40):
            said = [by.choice(WORDS) for _ in range(4)]
            place = by.randrange(4)
            other = [*said[:place], by.choice([word for word in WORDS if word != said[place]]), *said[place + 1 :]]
            yield template.format(*said), template.format(*other)


def a_word_inserted(by: random.Random) -> Iterator[Pair]:
    for template in LONG:
        for _ in range(30):
            words = template.format(*(by.choice(WORDS) for _ in range(4))).split()
            place = by.randrange(3, len(words) - 3)
            yield " ".join(words), " ".join([*words[:place], by.choice(WORDS), *words[place:]])


def negated_anywhere(by: random.Random) -> Iterator[Pair]:
    for template, negations in zip(
        LONG, ("not never only without", "nicht nie nur ohne", "не только без"), strict=True
    ):
        words = template.format("he", "keep", "last", "main").split()
        for place in range(len(words) + 1):
            yield " ".join(words), " ".join([*words[:place], by.choice(negations.split()), *words[place:]])


def a_word_at_an_end(by: random.Random) -> Iterator[Pair]:
    """Questions of a dozen words, and words that ask or negate before longer ones."""
    for one, other in (
        ("Why do you charge for transfers", "Do you charge for transfers"),
        ("How can I cancel a transfer I made", "Can I cancel a transfer I made"),
        ("I received the wrong amount of cash back", "I received the wrong amount of cash"),
        ("Is the fee charged when I pay abroad", "Is the fee charged when I pay"),
        ("Has my top-up been cancelled", "Why has my top up been cancelled"),
    ):
        yield one, other
        yield other, f"{one}?"
    for template in LONG:
        words = template.format(*(by.choice(WORDS) for _ in range(4)))
        for word in ("How", "Why", "When", "Warum", "Wie", "Почему", "Never", "Nicht"):
            yield words, f"{word} {words}"


def a_character(by: random.Random) -> Iterator[Pair]:
    """One character of a script without spaces: replaced, inserted or left out, anywhere."""
    for text in (LETTERS, KANA, THAI):
        for place in range(len(text)):
            other = by.choice([each for each in text if each not in text[max(0, place - 1) : place + 2]])
            yield text, text[:place] + other + text[place + 1 :]
            yield text, text[:place] + other + text[place:]
            yield text, text[:place] + text[place + 1 :]


def signs(by: random.Random) -> Iterator[Pair]:
    """Signs of formulas that are punctuation elsewhere."""
    for _ in range(30):
        one, two = by.sample(range(2, 99), 2)
        a, b = by.sample("abcdfghjkmnpqrsuvwxyz", 2)
        yield f"What is {one}!?", f"What is {one}?"
        yield f"Compute {one}! and stop", f"Compute {one} and stop"
        yield f"Is {a}! large?", f"Is {a} large?"
        yield f"Write the ratio {one}:{two} in words", f"Write the ratio {one} {two} in words"
        yield f"Write the ratio {a}:{b} in words", f"Write the ratio {a} {b} in words"
        yield f"Read {a}.{b} aloud", f"Read {a} {b} aloud"
        yield f"Read ({a},{b}) aloud", f"Read ({a} {b}) aloud"
        yield f"What is {one}² + 1?", f"What is {one}2 + 1?"
        yield f"What is {a}₂?", f"What is {a}2?"
        yield f"What is {one}½?", f"What is {one}1/2?"
        yield f"What is {one} – {two}?", f"What is {one} {two}?"
        yield f"What is {one} \N{MINUS SIGN} {two}?", f"What is {one} + {two}?"
        yield f"What is {a}'({b})?", f"What is {a}({b})?"
        yield f"Is {one} ≤ {two}?", f"Is {one} ≥ {two}?"


def numbers_that_count(by: random.Random) -> Iterator[Pair]:
    """Numbers that are not an order's, or to which the prompt refers."""
    for _ in range(30):
        one, two = (str(number) for number in by.sample(range(10_000, 99_999), 2))
        orders = f"Order {one} was sent on Monday. Order {two} is lost."
        for told in (
            "Is {} dollars enough for a car of this kind and of that year?",
            "Did the company sell more than {} cars in the year after the merger?",
            f"{orders} What happened to order {{}}?",
            "The order of {} items came late",
            "Can we order {} chairs of this kind in one week?",
            "Order {} chairs for the new hall of the town",
            "订单{}件什么时候到",
        ):
            yield told.format(one), told.format(two)
        yield f"My order {one} is late", f"My order {one}7 is late"
        yield f"我的订单{one}元太贵了", f"我的订单{two}元太贵了"
        yield "What colour is #112233 on a screen?", "What colour is #112244 on a screen?"


DIFFERENT: list[Callable[[random.Random], Iterator[Pair]]] = [
    a_word_replaced,
    a_word_inserted,
    negated_anywhere,
    a_word_at_an_end,
    a_character,
    signs,
    numbers_that_count,
]

TICKETS = (
    "My new card has not arrived yet and I have been waiting for it for two weeks.",
    "Ich warte seit zwei Wochen auf meine neue Karte. Können Sie mir helfen?",
    "Je n'ai toujours pas reçu ma nouvelle carte. Pouvez-vous m'aider ?",
    "我的新卡还没有到。我应该怎么办？",
)
SIGNATURES = (
    "Kind regards,\nAnna Schmidt",
    "Best wishes\nTom Miller\nHead of Sales\nAcme Ltd",
    "Thanks!\nJo",
    "Mit freundlichen Grüßen\nJürgen Groß",
    "Cordialement,\nÉlodie Lefèvre",
    "Saludos,\nJosé",
    "谢谢\n王小明",
)
VERSES = (
    "كَتَبَ الْوَلَدُ الدَّرْسَ فِي الْمَدْرَسَةِ",
    "مَتَى تَصِلُ بِطَاقَتِي الْجَدِيدَةُ؟",
    "אֵיפֹה הַכַּרְטִיס הֶחָדָשׁ שֶׁלִּי?",
)


def signed(by: random.Random) -> Iterator[Pair]:
    for ticket in TICKETS:
        for one, other in [by.sample(SIGNATURES, 2) for _ in range(15)]:
            yield f"{ticket}\n\n{one}", f"{ticket}\n\n{other}"
            yield ticket, f"{ticket}\n{one}"
            yield f"Ticket: {ticket}\n{one}\n\nCategory:", f"Ticket: {ticket}\n\nCategory:"


def full_width(_: random.Random) -> Iterator[Pair]:
    """Letters, digits and signs as Japanese and Chinese keyboards write them."""
    for text in ("Where is card 17 + 4", "Total = 12", "IBAN", "Ｑ１ revenue", "Visa カード"):
        yield text, "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text).replace(" ", "　")
    yield "カードガ", "ｶｰﾄﾞｶﾞ"


def without_vowel_marks(_: random.Random) -> Iterator[Pair]:
    for verse in VERSES:
        bare = "".join(each for each in unicodedata.normalize("NFD", verse) if unicodedata.category(each) != "Mn")
        yield verse, bare
        yield bare, verse


def orders(by: random.Random) -> Iterator[Pair]:
    for told in (
        "Where is my order {}? It should have been here on Monday already.",
        "My order #{} has not arrived",
        "Invoice no. {} was paid twice. I want the second payment back.",
        "I am writing about ticket number {}. Nobody has answered it.",
        "Wo ist meine Bestellung {}?",
        "Meine Auftragsnummer ist {}. Wann kommt die Ware?",
        "Ma commande n° {} n'est pas arrivée.",
        "我的订单{}还没有到。",
        "订单号：{}\n什么时候到？",
    ):
        for _ in range(10):
            one, other = by.sample(range(10_000, 99_999), 2)
            yield told.format(one), told.format(other)


def polite(_: random.Random) -> Iterator[Pair]:
    told = "Can you tell me why I have not received the new card that I ordered on Monday last week"
    yield told, f"Please, {told.lower()}?"
    yield told, told.replace("tell me", "please tell me")
    yield told, f"{told} yet?"
    yield told, f"So {told.lower()}!"


SAME: list[Callable[[random.Random], Iterator[Pair]]] = [signed, full_width, without_vowel_marks, orders, polite]


@pytest.mark.slow
@pytest.mark.parametrize("reference", [None, "yes"])
@pytest.mark.parametrize("corpus", DIFFERENT, ids=lambda corpus: corpus.__name__)
def test_prompts_that_one_sign_tells_apart_are_never_taken_as_the_same(
    corpus: Callable[[random.Random], Iterator[Pair]], reference: str | None
) -> None:
    pairs = [pair for pair in corpus(random.Random(1)) if pair[0] != pair[1]]
    wrong = [pair for pair in pairs if are_same(*pair, reference)]
    print(f"{corpus.__name__}: {len(pairs)} pairs, {1 - len(wrong) / len(pairs):.3f} of them kept apart")
    assert wrong == []


@pytest.mark.parametrize("corpus", SAME, ids=lambda corpus: corpus.__name__)
def test_what_makes_no_difference_is_not_compared(corpus: Callable[[random.Random], Iterator[Pair]]) -> None:
    pairs = list(corpus(random.Random(1)))
    missed = [pair for pair in pairs if not are_same(*pair, "yes")]
    print(f"{corpus.__name__}: {len(pairs)} pairs, recall {1 - len(missed) / len(pairs):.3f}")
    assert missed == []


def test_signatures_and_numbers_of_orders_count_without_an_answer() -> None:
    """A task may be to name the sender, or to repeat the number."""
    assert not are_same(f"{TICKETS[0]}\n{SIGNATURES[0]}", f"{TICKETS[0]}\n{SIGNATURES[1]}", None)
    assert not are_same("Where is my order 48213?", "Where is my order 59921?", None)


def test_a_text_without_vowel_marks_is_nobody_s_twin_where_two_marked_ones_exist() -> None:
    texts = ["كَتَبَ", "كُتُب", "كتب"]
    assert cluster_leaders([prompt(text) for text in texts], threshold=0.8) == [0, 1, 2]


_WORDS = st.lists(st.text("abcdefgh", min_size=2, max_size=6), min_size=3, max_size=40)


@given(_WORDS, st.data())
def test_a_word_in_the_middle_always_decides(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(words) - 2))
    other = data.draw(st.text("ijklm", min_size=2, max_size=6))
    for changed in ([*words[:place], other, *words[place + 1 :]], [*words[:place], other, *words[place:]]):
        assert not are_same(" ".join(words), " ".join(changed), "yes")
