"""The rules of data sets, in one table. docs/datasets.md is generated from it."""

from distillery.core.limits import MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_PROMPTS, MIN_PROMPTS, SCHEMA_VERSION
from distillery.datasets.validation.finding import Rule, Severity


def error(code: str, what: str, allowed: str, fix: str) -> Rule:
    return Rule(code, Severity.ERROR, what, allowed, fix)


def warning(code: str, what: str, allowed: str, fix: str) -> Rule:
    return Rule(code, Severity.WARNING, what, allowed, fix)


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

# The file, or the whole data set.
GZIP_CUT_OFF = error(
    "gzip-cut-off", "the gzip file is truncated", "a complete gzip file", "upload it again; `gzip -t FILE` tests it"
)
GZIP_DAMAGED = error(
    "gzip-damaged", "the gzip file is corrupt", "a valid gzip file", "compress it again; `gzip -t FILE` tests it"
)
NOT_PACKED = error(
    "not-packed", "the file is named .gz and is not compressed", "gzip in .jsonl.gz", "name it .jsonl, or compress it"
)
PACKED = error(
    "packed", "the file is gzip and not named .gz", "gzip in .jsonl.gz", "name it .jsonl.gz, or decompress it"
)
OTHER_FORMAT = error(
    "other-format",
    "the file is a zip, bzip2, xz, zstd, Parquet or other binary file",
    "JSON lines, plain or compressed with gzip",
    "decompress it, or export JSON lines",
)
EMPTY_FILE = error("empty-file", "the file is empty", "prompts, one per line", "upload the intended file")
FILE_TOO_LARGE = error(
    "file-too-large",
    "the prompts exceed Bedrock's limit on the size of an input file",
    f"{MAX_FILE_BYTES} bytes uncompressed (2 GB, General Reference, Bedrock quotas)",
    "use fewer prompts",
)
READING_STOPPED = error(
    "reading-stopped",
    "a bound on reading was reached, so that what follows was not checked",
    "100000 problems in lines (25000 lines if they are long), and a million members in a gzip file",
    "fix what is reported before it, and check again",
)
PACKED_FOR_JOB = warning(
    "packed-for-job",
    "the file is compressed, and a job reads only .jsonl; the pipeline decompresses prompts",
    "a name that ends in .jsonl",
    "decompress it if you pass it to Bedrock yourself: `gzip -dk FILE`",
)
NAME_NOT_FOR_BEDROCK = warning(
    "name-not-for-bedrock",
    "the object's address does not match the pattern of an s3Uri (no space, no =), so a job cannot use it; "
    "the pipeline copies prompts to a valid address",
    "letters, digits and -!_*'().",
    "rename it if you pass it to Bedrock yourself",
)
CRLF = warning(
    "crlf",
    "lines end in CR LF, as on Windows; JSON treats the CR as white space",
    "LF",
    "convert it: `tr -d '\\r' < FILE > FIXED`",
)
_COUNTS = f"{MIN_PROMPTS} to {MAX_PROMPTS} (General Reference, Bedrock quotas)"
TOO_FEW_PROMPTS = error("too-few-prompts", "fewer prompts than a distillation job accepts", _COUNTS, "add prompts")
TOO_MANY_PROMPTS = error("too-many-prompts", "more prompts than a distillation job accepts", _COUNTS, "remove some")
NOTHING_HELD_OUT = error(
    "nothing-held-out",
    "no prompt is held out to evaluate the student",
    "at least one",
    "increase heldout_share or heldout_max in the recipe",
)
TOO_MANY_BAD_LINES = error(
    "too-many-bad-lines",
    "more lines have errors than the recipe quarantines",
    "max_bad_lines of the recipe",
    "fix the lines, or increase max_bad_lines",
)
DUPLICATE_PROMPT = warning(
    "duplicate-prompt",
    "an earlier line has the same system prompt and messages; the pipeline keeps the first",
    "each prompt once",
    "remove it",
)
CONFLICTING_ANSWERS = warning(
    "conflicting-answers",
    "an earlier line has the same prompt with another reference answer; the pipeline keeps the first",
    "one reference answer per prompt",
    "decide which answer is right",
)
CONFLICTING_TWINS = warning(
    "conflicting-twins",
    "prompts that differ only in letter case, white space or Unicode form have different reference answers",
    "one reference answer per prompt",
    "decide which answer is right",
)
MIXED_LABELS = warning(
    "mixed-labels",
    "some prompts have a reference answer and some do not; if a held-out prompt has none, the student is graded "
    "by its agreement with the teacher instead of by accuracy",
    "references on all prompts or on none; Amazon's advice for Nova is a few good ones among many without",
    'nothing, if intended; mixed_labels = "reject" in the recipe rejects such a file',
)
MIXED_LABELS_REFUSED = error(
    "mixed-labels-refused",
    "some prompts have a reference answer and some do not, and the recipe rejects that",
    "references on all prompts or on none",
    'add or remove the references, or set mixed_labels = "warn" in the recipe',
)

# What the recipe's evaluation makes of the data set.
REFERENCES_NEEDED = warning(
    "references-needed",
    "a held-out prompt has no reference answer, and the recipe's grader needs one, so the verdict will be inconclusive",
    "references on all prompts; without them, the validity of JSON by a schema, phrases, patterns or quotations",
    "add the references, or choose a grader that needs none (docs/graders.md)",
)
GRADER_MISFIT = warning(
    "grader-misfit",
    "the recipe's grader cannot judge by the reference answers",
    "references of the form that the grader reads (docs/graders.md)",
    "name a grader in the recipe that fits them, or correct the references",
)
MARGIN_TOO_SMALL = warning(
    "margin-too-small",
    "the held-out prompts cannot detect a difference as small as a margin of the recipe, so that a good student may be "
    "inconclusive",
    "a margin that the held-out prompts detect; near duplicates and other families count less than their prompts",
    "hold out more prompts with heldout_share and heldout_max, or increase the margin",
)

RULES = tuple(value for value in tuple(globals().values()) if isinstance(value, Rule))
"""All rules, in the order of the table."""
