"""An inverted index that finds the candidates of a comparison."""

from collections import Counter, defaultdict
from collections.abc import Sequence

MAX_CANDIDATES = 200
"""Earlier prompts with which one prompt is compared, those with most in common first."""


class Postings:
    """An inverted index: the first prompts that have a feature."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, features: Sequence[int], prompt: int) -> None:
        for feature in features:
            if len(prompts := self._of[feature]) < self._most:
                prompts.append(prompt)

    def most_common(self, features: Sequence[int], least: float) -> set[int]:
        """Returns the prompts that share most of these features and at least so many, at most MAX_CANDIDATES."""
        counted = Counter(prompt for feature in features if feature in self._of for prompt in self._of[feature])
        return {prompt for prompt, count in counted.most_common(MAX_CANDIDATES) if count >= least}
