"""The counter of work can tell linear from quadratic."""

from tests.unit.evaluation.graders.work import is_linear, work


def linear(text: str) -> int:
    found = 0
    for char in text:
        found += char == "a"
    return found


def quadratic(text: str) -> int:
    found = 0
    for _ in text:
        for char in text:
            found += char == "a"
    return found


def test_linear_work_is_told_from_quadratic() -> None:
    assert is_linear(linear, "ab")
    assert not is_linear(quadratic, "ab")


def test_work_is_counted_the_same_twice() -> None:
    assert work(lambda: linear("ab")) == work(lambda: linear("ab"))
