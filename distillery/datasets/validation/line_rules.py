"""The rules of a line of prompts: its bytes, its JSON, and its schema. docs/datasets.md is generated from them."""

from distillery.core.limits import MAX_LINE_BYTES, SCHEMA_VERSION
from distillery.datasets.validation.finding import Rule, error, warning

# Bytes that are not text.
LINE_TOO_LONG = error(
    "line-too-long",
    "a line exceeds Bedrock's limit",
    f"{MAX_LINE_BYTES} bytes of UTF-8 per line (16 KB, General Reference, Bedrock quotas)",
    "shorten the prompt, or split it into several",
)
BLANK_LINE = error(
    "blank-line",
    "a line is empty or contains only white space",
    "one JSON object on every line",
    "remove it: `sed '/^[[:space:]]*$/d' FILE > FIXED`",
)
BYTE_ORDER_MARK = error(
    "byte-order-mark",
    "a line begins with a byte order mark: Excel, Notepad and PowerShell write one at the beginning of a file, and "
    "joining files moves it to another line",
    "UTF-8 without a byte order mark",
    "remove it: `LC_ALL=C sed $'s/^\\xEF\\xBB\\xBF//' FILE > FIXED`",
)
UTF_16 = error(
    "utf-16",
    "the text is UTF-16 or UTF-32",
    "UTF-8",
    "convert it: `iconv -f UTF-16 -t UTF-8 FILE > FIXED`, or `-f UTF-32`",
)
NOT_UTF_8 = error(
    "not-utf-8",
    "a byte is not valid UTF-8; the file is often Latin-1 or Windows-1252",
    "UTF-8",
    "convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE > FIXED`, or correct that character",
)
NUL_BYTE = error(
    "nul-byte",
    "a line contains a NUL byte, as after a crash or a copy of binary data",
    "text; within a JSON string, NUL is written \\u0000",
    "remove it: `tr -d '\\000' < FILE > FIXED`, and check the result",
)

# Text that is not JSON.
_ONE_OBJECT = "one JSON object on every line, and nothing else"
JSON_ARRAY = error(
    "json-array",
    "the file is one JSON array instead of JSON lines",
    _ONE_OBJECT,
    "write one element per line: `jq -c '.[]' FILE > FIXED`",
)
SPREAD_OBJECT = error(
    "spread-object",
    "an object spans several lines, as pretty-printers write it",
    _ONE_OBJECT,
    "write each object on one line: `jq -c . FILE > FIXED`",
)
SEVERAL_OBJECTS = error(
    "several-objects",
    "a line contains more than one object",
    _ONE_OBJECT,
    "write each object on one line: `jq -c . FILE > FIXED`",
)
CUT_LINE = error(
    "cut-line",
    "the last line ends in the middle of its object: the file is truncated",
    _ONE_OBJECT,
    "get the complete file, or remove the last line",
)
TRAILING_COMMA = error(
    "trailing-comma",
    "a comma follows the last element, or the object",
    "commas only between elements",
    "remove it; at the ends of lines: `sed 's/,[[:space:]]*$//' FILE > FIXED`",
)
SINGLE_QUOTES = error(
    "single-quotes",
    "strings are in single quotes, as Python prints a dict",
    "double quotes",
    "write the file with json.dumps(record)",
)
CONTROL_CHARACTER = error(
    "control-character",
    "a string contains an unescaped control character, such as a tab",
    "escapes: \\t, \\n, \\u0007",
    "write the file with a JSON library, which escapes it",
)
BAD_ESCAPE = error(
    "bad-escape",
    "a backslash does not begin a JSON escape, as in a Windows path",
    'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
    "double the backslash, or write the file with a JSON library",
)
NOT_A_NUMBER = error(
    "not-a-number",
    "NaN or Infinity, which Python writes and JSON does not have",
    "text in double quotes; the schema has no numbers",
    "remove the field, or write the file with json.dumps(record, allow_nan=False)",
)
NESTED_TOO_DEEPLY = error(
    "nested-too-deeply",
    "brackets are nested far more deeply than the schema allows",
    "the schema's five levels",
    "rewrite the record",
)
DUPLICATE_KEY = error(
    "duplicate-key",
    "an object has the same key twice; JSON readers disagree on which one counts",
    "every key once",
    "remove one of the two",
)
NOT_JSON = error("not-json", "the line is not JSON", _ONE_OBJECT, "write the file with a JSON library")

# JSON that does not fit the schema `bedrock-conversation-2024`, or the student.
_BLOCK = '[{"text": "…"}]'
NOT_AN_OBJECT = error("not-an-object", "the schema requires an object here", "an object", "write an object")
WRONG_TYPE = error("wrong-type", "a value has the wrong type", "the type in the schema", "write a value of that type")
MISSING_FIELD = error("missing-field", "an object lacks a field", "every required field of the schema", "add it")
UNKNOWN_FIELD = error(
    "unknown-field",
    "an object has a field that is not in the schema",
    "schemaVersion, system, messages; role, content; text, type",
    "remove it: the file cannot contain your own ids or labels",
)
SCHEMA_VERSION_MISPRINT = error(
    "schema-version-misprint",
    "schemaVersion is `bedrock-conversion-2024`, a misprint of the documentation",
    f'"{SCHEMA_VERSION}"',
    f"fix it: `sed 's/bedrock-conversion-2024/{SCHEMA_VERSION}/' FILE > FIXED`",
)
OTHER_SCHEMA_VERSION = error(
    "other-schema-version", "schemaVersion has another value", f'"{SCHEMA_VERSION}"', f'write "{SCHEMA_VERSION}"'
)
EMPTY_LIST = error("empty-list", "a list is empty", "at least one element", "add one, or omit an empty system")
TEXT_WITHOUT_BLOCK = error(
    "text-without-block",
    "a string where the schema requires a list of one text block, as in other providers' formats",
    _BLOCK,
    f"write {_BLOCK}",
)
SEVERAL_BLOCKS = error(
    "several-blocks", "content or system has more than one block", "exactly one text block", "join the texts into one"
)
NOT_TEXT = error(
    "not-text",
    "a block is an image, a document, a tool call, or anything else but text",
    f"{_BLOCK}: distillation is text to text",
    "remove the record, or describe the content in words",
)
TYPE_IN_SYSTEM = error(
    "type-in-system",
    "the block of the system prompt has a type; AWS's validator accepts one in messages only (the pipeline removes it)",
    f'"system": {_BLOCK}',
    "remove it",
)
EMPTY_TEXT = error(
    "empty-text", "a text is empty or white space", "a text", "write it, or remove the message or the record"
)
LONE_SURROGATE = error(
    "lone-surrogate",
    "a text contains half of a surrogate pair (\\ud83d without its other half), as when an emoji is cut in two",
    "whole characters",
    "write the whole character, or remove the half",
)
NUL_CHARACTER = warning(
    "nul-character",
    "a text contains the character U+0000, which many tokenizers and databases cannot handle",
    "text without it",
    "remove it",
)
ASSISTANT_FIRST = error(
    "assistant-first",
    "the first message has the role assistant",
    "alternating roles, user first",
    "remove it, or add a prompt",
)
ROLE_ORDER = error(
    "role-order",
    "two consecutive messages have the same role",
    "user and assistant alternate; the last message is the user's, or the assistant's reference answer",
    "join them, or add the missing message between them",
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
    "a dialogue, for a student that only accepts single turns (Anthropic's and Meta's)",
    "one user message, and optionally its answer",
    "keep the last turn, or choose a Nova student",
)
MULTI_TURN_UNSURE = warning(
    "multi-turn-unsure",
    "a dialogue, and no student was named: Nova students accept dialogues, Anthropic's and Meta's do not",
    "single turns for every student, dialogues for Nova",
    "name the student or the recipe",
)
OVER_CONTEXT = warning(
    "over-context",
    "the estimated tokens of prompt and answer may exceed the student's training context",
    "the student's context (General Reference, Bedrock quotas)",
    "shorten the prompt, or lower max_answer_tokens",
)

LINE_RULES = tuple(value for value in tuple(globals().values()) if isinstance(value, Rule))
"""In the order of this table."""
