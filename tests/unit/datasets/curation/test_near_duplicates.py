"""Near duplicates, against labelled corpora and against an exact comparison of all pairs."""

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.datasets.curation import near_duplicates
from distillery.datasets.curation.near_duplicates import Corpus, cluster_leaders

FIRST = "Can you tell me why I have not received my new card yet?"
SUBJECTS = ["card", "fee", "refund", "transfer", "loan", "app", "limit", "rate", "account", "cheque"]
VERBS = ["lost", "late", "wrong", "refused", "charged", "frozen", "missing", "doubled", "old", "closed"]


def prompt(text: str, reference: str | None = None, system: str | None = None) -> Prompt:
    return Prompt(system=system, messages=(("user", text),), reference=reference)


def leaders(*texts: str, threshold: float = 0.8) -> list[int]:
    return cluster_leaders([prompt(text) for text in texts], threshold=threshold)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("can you tell me why i have not received my new card yet", True),
        ("Can you tell me why I have not received my new card?", True),
        ("Can  you tell me,\twhy I have not received my new card yet!!", True),
        ("Why was my card declined at the supermarket?", False),
        ("", False),
    ],
)
def test_case_punctuation_and_one_word_make_no_difference(other: str, same: bool) -> None:
    assert leaders(FIRST, other) == [0, 0 if same else 1]


def test_scripts_without_spaces_are_compared_character_by_character() -> None:
    assert leaders("カードがまだ届きません", "カードがまだ届きません。", "口座を閉じたいです") == [0, 0, 2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("From: Berlin\nTo: Paris", "From: Paris\nTo: Berlin"),
        ("Which is larger?\nFirst: 3\nSecond: 5", "Which is larger?\nFirst: 5\nSecond: 3"),
        ("Does it follow? A man plays. A man is loud.", "Does it follow? A man is loud. A man plays."),
        ("Up. Up. Down. Where am I?", "Up. Down. Down. Where am I?"),
        ("从：柏林。到：巴黎。", "从：巴黎。到：柏林。"),
        ("!!!", "???"),
        ("…", "“”"),
    ],
)
@pytest.mark.parametrize("reference", [None, "x"])
def test_the_same_lines_in_another_order_are_another_prompt(one: str, other: str, reference: str | None) -> None:
    assert cluster_leaders([prompt(text, reference) for text in (one, other, one)], threshold=0.8) == [0, 1, 0]


def test_similarity_is_not_transitive_along_a_chain() -> None:
    """The first resembles the second and the second the third, but the first does not resemble the third."""
    words = [f"{letter}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    chain = [" ".join(words[:count]) for count in (16, 20, 26)]
    assert cluster_leaders([prompt(text, "x") for text in chain], threshold=0.5) == [0, 0, 2]


def test_progress_is_reported_to_the_last_but_a_hundred() -> None:
    seen: list[tuple[int, int]] = []
    cluster_leaders([prompt(f"word {n}") for n in range(250)], threshold=0.8, progress=lambda *at: seen.append(at))
    assert seen == [(0, 250), (100, 250), (200, 250)]


# ---- labelled corpora: families of near duplicates, known by their construction -------------------------------------

Corpora = list[tuple[Prompt, int]]
"""Prompts, each with the number of its family."""


def _sentence(by: random.Random, words: int) -> str:
    return " ".join("".join(by.choice("aeioubcdfglmnprst") for _ in range(by.randrange(3, 9))) for _ in range(words))


def _passage(by: random.Random, sentences: int = 12) -> str:
    return " ".join(f"{_sentence(by, by.randrange(6, 20)).capitalize()}." for _ in range(sentences))


def _questions() -> Iterator[str]:
    return (f"Why is the {subject} {verb}" for subject in SUBJECTS for verb in VERBS)


def documents(by: random.Random) -> Corpora:
    """Six documents with a hundred different questions each."""
    found = [_passage(by) for _ in range(6)]
    texts = [f"{document}\n\nQuestion: {question}?" for document in found for question in _questions()]
    return [(prompt(text), family) for family, text in enumerate(texts)]


def templates(by: random.Random, shares: Sequence[int] = (200, 200, 200)) -> Corpora:
    """Long instructions, each around many different short texts, within their sentence."""
    found: list[str] = []
    for count in shares:
        before, after = _sentence(by, 30), _sentence(by, 12)
        found += [f"{_passage(by, 3) if count < 0 else before} {_sentence(by, 9)} {after}" for _ in range(count)]
    return [(prompt(text, f"label {number % 5}"), number) for number, text in enumerate(found)]


def unequal_templates(by: random.Random) -> Corpora:
    return templates(by, (120, 80))


def two_questions_on_each_passage(by: random.Random) -> Corpora:
    """A hundred long passages, each with two questions that have nothing in common."""
    texts = [f"{passage} {_sentence(by, 8)}?" for passage in (_passage(by) for _ in range(100)) for _ in range(2)]
    return [(prompt(text, _sentence(by, 3)), number) for number, text in enumerate(texts)]


def systems(by: random.Random) -> Corpora:
    """Each text under three system prompts."""
    texts = [_sentence(by, 12) for _ in range(200)]
    told = ["Answer in French.", "Answer in German.", "Answer in Swahili."]
    return [(prompt(text, system=system), n) for n, (text, system) in enumerate((t, s) for t in texts for s in told)]


def arithmetic(by: random.Random) -> Corpora:
    """The same words with other operators or numbers."""
    texts = {f"What is {by.randrange(90)} {operator} {by.randrange(90)}?" for operator in "+-*/" for _ in range(60)}
    return [(prompt(text), number) for number, text in enumerate(sorted(texts))]


def languages_of_programs(_: random.Random) -> Corpora:
    names = ["C", "C++", "C#", "F", "F#"]
    texts = [
        f"Write a function that sorts {what} quickly and in place in {name}" for name in names for what in SUBJECTS
    ]
    return [(prompt(text), number) for number, text in enumerate(texts)]


def vowels(by: random.Random) -> Corpora:
    """Words of one consonant skeleton, in Devanagari and Arabic."""
    texts = {
        " ".join(f"{by.choice('कबमलसर')}{by.choice('ािीुूेैोौ')}{by.choice('लरत')}" for _ in range(6)) for _ in range(150)
    } | {" ".join(f"ك{by.choice('ٌٍَُِ')}ت{by.choice('ٌٍَُِ')}ب" for _ in range(6)) for _ in range(100)}
    return [(prompt(text), number) for number, text in enumerate(sorted(texts))]


def labels(by: random.Random) -> Corpora:
    """Twins in everything but their labels: no duplicates, but a conflict."""
    texts = [_sentence(by, 10) for _ in range(100)]
    both = [(text, "a") for text in texts] + [(text.upper(), "b") for text in texts]
    return [(prompt(text, label), number) for number, (text, label) in enumerate(both)]


def numbers_on_a_document(by: random.Random) -> Corpora:
    """One report, one question for each of many years; some have the same answer."""
    report = _passage(by)
    texts = [
        f"{report}\nWhat was the total revenue of the whole group in the fiscal year {year}?"
        for year in range(1950, 2020)
    ]
    return [(prompt(text, f"{number // 3}"), number) for number, text in enumerate(texts)]


def edited(by: random.Random) -> Corpora:
    """Sentences, each three times: as it is, with another punctuation and case, and with a word left out."""
    found: Corpora = []
    for family in range(150):
        told = _sentence(by, 20).split()
        found += [
            (prompt(" ".join(told), "x"), family),
            (prompt(f"{' '.join(told).upper()}!!", "x"), family),
            (prompt(" ".join(told[:-1]), "x"), family),
        ]
    return found


def edited_on_a_passage(by: random.Random) -> Corpora:
    """Two wordings of each question, over a passage that four questions share."""
    found: Corpora = []
    for family in range(200):
        passage = f"{_passage(random.Random(family // 4))}\n\n"
        told = _sentence(by, 24)
        found += [(prompt(f"{passage}{told}?", "yes"), family), (prompt(f"{passage}So {told}", "yes"), family)]
    return found


def long_with_one_edit(by: random.Random) -> Corpora:
    """Letters of twelve sentences, in four copies with another sentence edited in each."""
    found: Corpora = []
    for family in range(50):
        sentences = [f"{_sentence(by, 16)}." for _ in range(12)]
        for copy in range(4):
            changed = [*sentences]
            changed[copy] = f"indeed {changed[copy]}"
            found.append((prompt(" ".join(changed), "x"), family))
    return found


def copied_often(by: random.Random) -> Corpora:
    """Two letters in a hundred copies each: unchanged but for case, or with one of the sentences edited."""
    found: Corpora = []
    for family in range(2):
        sentences = [f"{_sentence(by, 16)}." for _ in range(12)]
        for copy in range(100):
            changed = [*sentences]
            if copy % 2:
                changed[copy % 12] = f"Indeed {changed[copy % 12]}"
            found.append((prompt(" ".join(changed).upper() if copy % 3 else " ".join(changed), "x"), family))
    return found


CORPORA: list[Callable[[random.Random], Corpora]] = [
    documents,
    templates,
    unequal_templates,
    two_questions_on_each_passage,
    systems,
    arithmetic,
    languages_of_programs,
    vowels,
    labels,
    numbers_on_a_document,
    edited,
    edited_on_a_passage,
    long_with_one_edit,
    copied_often,
]


@pytest.mark.slow
@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.__name__)
@pytest.mark.parametrize("seed", [1, 2])
def test_precision_and_recall_on_labelled_corpora(corpus: Callable[[random.Random], Corpora], seed: int) -> None:
    """No two different prompts are taken as the same, and most of the near duplicates are found."""
    by = random.Random(seed)
    labelled = corpus(by)
    by.shuffle(labelled)
    found = cluster_leaders([each for each, _ in labelled], threshold=0.8)
    families = [family for _, family in labelled]
    pairs = [(index, leader) for index, leader in enumerate(found) if index != leader]
    wrong = [pair for pair in pairs if families[pair[0]] != families[pair[1]]]
    real = len(families) - len(set(families))
    precision, recall = 1 - len(wrong) / max(1, len(pairs)), (len(pairs) - len(wrong)) / max(1, real)
    print(f"{corpus.__name__}: {len(labelled)} prompts, precision {precision:.3f}, recall {recall:.3f} of {real}")
    assert wrong == []
    assert not real or recall > 0.95


# ---- against all pairs -----------------------------------------------------------------------------------------------


def exact_leaders(prompts: Sequence[Prompt], threshold: float) -> list[int]:
    """Compares every prompt with every leader."""
    corpus = Corpus(prompts, threshold)
    found: list[int] = []
    for number in range(len(prompts)):
        earlier = (other for other in range(number) if found[other] == other)
        found.append(next((other for other in earlier if corpus.are_near(other, number)), number))
    return found


_WORDS = st.sampled_from(["red", "green", "blue", "card", "bank", "fee", "late", "lost", "7", "8", "+", "-"])
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=8).map(" ".join)
_PROMPTS = st.builds(
    prompt, _SENTENCES, st.sampled_from([None, "a", "b"]), st.sampled_from([None, "Answer.", "Answer in French."])
)


@pytest.mark.slow
@given(st.lists(_PROMPTS, max_size=40), st.sampled_from([0.5, 0.8, 1.0]))
def test_no_near_duplicate_of_single_sentences_is_missed(prompts: list[Prompt], threshold: float) -> None:
    assert cluster_leaders(prompts, threshold=threshold) == exact_leaders(prompts, threshold)


@pytest.mark.slow
@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.__name__)
def test_the_indexes_miss_next_to_nothing(corpus: Callable[[random.Random], Corpora]) -> None:
    prompts = [each for each, _ in corpus(random.Random(3))][:120]
    found, exact = cluster_leaders(prompts, threshold=0.8), exact_leaders(prompts, 0.8)
    assert sum(one != other for one, other in zip(found, exact, strict=True)) <= len(prompts) / 200


def one_document(by: random.Random, count: int) -> list[Prompt]:
    """As many different questions about one document."""
    document = _passage(by)
    return [prompt(f"{document}\nQuestion: {_sentence(by, 9)}?") for _ in range(count)]


def in_templates(by: random.Random, count: int) -> list[Prompt]:
    return [each for each, _ in templates(by, (count // 3,) * 3)]


@pytest.mark.slow
@pytest.mark.parametrize("count", [400, 1_600])
@pytest.mark.parametrize("corpus", [one_document, in_templates])
def test_comparisons_grow_with_the_prompts_and_not_with_their_square(
    corpus: Callable[[random.Random, int], list[Prompt]], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, compared = random.Random(4), [0]
    are_near = Corpus.are_near

    def counted(corpus: Corpus, one: int, other: int) -> bool:
        compared[0] += 1
        return are_near(corpus, one, other)

    monkeypatch.setattr(near_duplicates.Corpus, "are_near", counted)
    cluster_leaders(corpus(by, count), threshold=0.8)
    assert compared[0] <= (near_duplicates.MAX_GROUP + 10) * count
