"""Why a logged call gives no prompt. Each reason is counted by itself; none quotes a prompt."""

from enum import StrEnum

from distillery.core.limits import MAX_LINE_BYTES
from distillery.core.logs import DAMAGED_FILE, DAMAGED_LINE


class Reason(StrEnum):
    """The texts are keys of the function's result (`left_out`)."""

    # of the call
    OTHER_PRINCIPAL = "it was made by none of the recipe's principals"
    FAILED = "the call failed"
    # of the request
    NOT_LOGGED = "its request was not logged"
    UNREADABLE_REQUEST = "its request is stored in an object that cannot be read"
    TOOLS = "tools were offered"
    NO_CONVERSATION = "no conversation is logged"
    UNKNOWN_TEMPLATE = "its prompt is in a model's own template, which is not known"
    NOT_ALTERNATING = "turns do not alternate"
    PREFILLED = "the request prefills the answer"
    SEVERAL_BLOCKS = "a turn has several blocks"
    MORE_THAN_TEXT = "a turn contains more than text"
    EMPTY = "a turn is empty"
    SURROGATE = "a text contains half of a surrogate pair"
    SEVERAL_TURNS = "it has several turns, which the student does not learn from"
    SEVERAL_TURNS_DIRECT = "it has several turns, which a job that reads logs does not take"
    BLOCKS_DIRECT = "its user message is not a single block of text, and a job that reads logs takes no other"
    TOO_LONG = f"it is longer than {MAX_LINE_BYTES} bytes"
    # of the answer
    GUARDRAIL = "a guardrail intervened"
    FILTERED = "a content filter cut the answer"
    ANOTHER_MODEL = "another model than the teacher answered"
    UNKNOWN_PROFILE = "an application inference profile answered, which does not exist any more"
    PROFILE_DIRECT = "an application inference profile answered, which a job may not count as the teacher"
    UNKNOWN_MODEL = "a custom model, a router or another resource answered, not the teacher by a name of Bedrock's"
    NO_ANSWER = "no answer is logged"
    UNREADABLE_ANSWER = "its answer is stored in an object that cannot be read"
    UNKNOWN_ANSWER = "the answer is logged in a format that is not known"
    TRUNCATED = "the answer is truncated"
    TOOL_USE = "the answer calls a tool"
    NO_STOP_REASON = "the answer has no stop reason, so it may be truncated"
    UNKNOWN_STOP_REASON = "the answer has a stop reason that is not known"
    NO_TEXT = "the answer has no text"
    # of other calls
    REPEATED = "it was asked more than once"
    NOT_NEEDED = "a run takes fewer prompts than the logs have"
    NOT_EXAMINED = "more different requests match than are examined"
    # of the files: how many calls are lost is not known
    DAMAGED_FILE = DAMAGED_FILE
    DAMAGED_LINE = DAMAGED_LINE


class UnusableCall(Exception):
    """The call has no usable prompt."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
