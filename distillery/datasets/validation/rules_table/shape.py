"""JSON that is not of the schema `bedrock-conversation-2024`, or not for this student."""

from distillery.core.limits import SCHEMA_VERSION
from distillery.datasets.validation.rules_table.kind import error, warning

_BLOCK = '[{"text": "…"}]'

NOT_AN_OBJECT = error("not-an-object", "a value is not the object that the schema has there", "an object", "write one")
WRONG_TYPE = error(
    "wrong-type", "a value is of another type than the schema has there", "what the schema has there", "write that"
)
MISSING_FIELD = error("missing-field", "an object lacks a field", "every field of the schema", "add it")
UNKNOWN_FIELD = error(
    "unknown-field",
    "an object has a field that the schema does not know",
    "schemaVersion, system, messages; role, content; text, type",
    "remove it: ids and labels of your own have no place in the file",
)
SCHEMA_VERSION_MISPRINT = error(
    "schema-version-misprint",
    "schemaVersion is `bedrock-conversion-2024`, a misprint of the documentation",
    f'"{SCHEMA_VERSION}"',
    f"mend it: `sed -i 's/bedrock-conversion-2024/{SCHEMA_VERSION}/' FILE`",
)
OTHER_SCHEMA_VERSION = error(
    "other-schema-version", "schemaVersion is another one", f'"{SCHEMA_VERSION}"', f'write "{SCHEMA_VERSION}"'
)
EMPTY_LIST = error("empty-list", "a list is empty", "at least one element", "add one, or leave an empty system out")
TEXT_WITHOUT_BLOCK = error(
    "text-without-block",
    "a text stands where a list of one text block is needed, as in other providers' formats",
    _BLOCK,
    f"write {_BLOCK}",
)
SEVERAL_BLOCKS = error(
    "several-blocks", "content or system has more than one block", "exactly one text block", "join the texts into one"
)
NOT_TEXT = error(
    "not-text",
    "a block is an image, a document, a tool's, or anything but text",
    f"{_BLOCK}: distillation is text to text",
    "leave the record out, or describe in words what it showed",
)
EMPTY_TEXT = error(
    "empty-text", "a text is empty or white space", "a text", "write it, or leave the message or the record out"
)
LONE_SURROGATE = error(
    "lone-surrogate",
    "a text holds half of a surrogate pair (\\ud83d without its other half), as when an emoji is cut in two",
    "whole characters",
    "write the whole character, or remove the half",
)
NUL_CHARACTER = warning(
    "nul-character",
    "a text holds the character U+0000, which many tokenizers and databases take badly",
    "text without it",
    "remove it",
)
ASSISTANT_FIRST = error(
    "assistant-first", "the first message is the assistant's", "user first, then in turns", "remove it, or add a prompt"
)
ROLE_ORDER = error(
    "role-order",
    "two messages of one role follow each other",
    "user and assistant in turns; the last is the user's, or the assistant's reference answer",
    "join them, or add what is missing between them",
)
SYSTEM_MESSAGE = error(
    "system-message",
    "the system prompt is a message, as in other providers' formats",
    f'"system": {_BLOCK} beside "messages"',
    'move its text to "system"',
)
UNKNOWN_ROLE = error("unknown-role", "a role is neither user nor assistant", '"user" or "assistant"', "write one")
MULTI_TURN = error(
    "multi-turn",
    "a dialogue, for a student that is distilled from single turns alone (Anthropic's and Meta's)",
    "one user message, and its answer if there is one",
    "keep the last turn, or choose a Nova student",
)
MULTI_TURN_UNSURE = warning(
    "multi-turn-unsure",
    "a dialogue, and no student was named: Nova is distilled from dialogues, Anthropic's and Meta's models are not",
    "single turns for every student, dialogues for Nova",
    "name the student or the recipe",
)
OVER_CONTEXT = warning(
    "over-context",
    "prompt and answer may be longer than what the student is trained on; the tokens are estimated",
    "the student's context (General Reference, Bedrock quotas)",
    "shorten the prompt, or lower max_answer_tokens",
)

SHAPE = (
    *(NOT_AN_OBJECT, WRONG_TYPE, MISSING_FIELD, UNKNOWN_FIELD, SCHEMA_VERSION_MISPRINT, OTHER_SCHEMA_VERSION),
    *(EMPTY_LIST, TEXT_WITHOUT_BLOCK, SEVERAL_BLOCKS, NOT_TEXT, EMPTY_TEXT, LONE_SURROGATE, NUL_CHARACTER),
    *(ASSISTANT_FIRST, ROLE_ORDER, SYSTEM_MESSAGE, UNKNOWN_ROLE, MULTI_TURN, MULTI_TURN_UNSURE, OVER_CONTEXT),
)
