"""Why a function of the account gave no answer."""


class NotReached(Exception):
    """AWS did not answer, or refused: no credentials, no network, no permission."""


class NotAllowed(NotReached):
    """IAM let the request to a function's URL not through."""


class FunctionRefused(Exception):
    """A function raised: its error's name, and the sentence that it gave."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name
