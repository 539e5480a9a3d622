"""Text that is no JSON object on one line."""

from distillery.datasets.validation.rules_table.kind import error

_ONE_OBJECT = "one JSON object on every line, and nothing else"

JSON_ARRAY = error(
    "json-array",
    "the file is one JSON array, where there should be lines",
    _ONE_OBJECT,
    "write its elements one a line: `jq -c '.[]' FILE > MENDED`",
)
SPREAD_OBJECT = error(
    "spread-object",
    "an object is spread over several lines, as pretty-printers write it",
    _ONE_OBJECT,
    "write each object on one line: `jq -c . FILE > MENDED`",
)
SEVERAL_OBJECTS = error(
    "several-objects",
    "a line holds more than one object",
    _ONE_OBJECT,
    "put a line end between them: `jq -c . FILE > MENDED`",
)
CUT_LINE = error(
    "cut-line",
    "the last line ends in the middle of its object: the file was cut off",
    _ONE_OBJECT,
    "get the whole file again, or remove the last line",
)
TRAILING_COMMA = error(
    "trailing-comma",
    "a comma stands after the last element, or after the object",
    "commas between elements alone",
    "remove it; at the ends of lines: `sed -i 's/,[[:space:]]*$//' FILE`",
)
SINGLE_QUOTES = error(
    "single-quotes",
    "strings stand in single quotes, as Python prints a dict",
    "double quotes",
    "write the file with json.dumps(record)",
)
CONTROL_CHARACTER = error(
    "control-character",
    "a string holds a control character as it is, such as a tab",
    "escapes: \\t, \\n, \\u0007",
    "write the file with a JSON library, which escapes it",
)
BAD_ESCAPE = error(
    "bad-escape",
    "a backslash is followed by what is no escape of JSON, as in a Windows path",
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
    "brackets are nested a hundredfold deeper than the schema",
    "the schema's five levels",
    "write the record anew",
)
DUPLICATE_KEY = error(
    "duplicate-key",
    "an object has the same key twice; readers disagree on which one counts",
    "every key once",
    "remove one of the two",
)
NOT_JSON = error(
    "not-json",
    "the line is no JSON",
    _ONE_OBJECT,
    "write the file with a JSON library",
)

SYNTAX = (
    *(JSON_ARRAY, SPREAD_OBJECT, SEVERAL_OBJECTS, CUT_LINE, TRAILING_COMMA, SINGLE_QUOTES, CONTROL_CHARACTER),
    *(BAD_ESCAPE, NOT_A_NUMBER, NESTED_TOO_DEEPLY, DUPLICATE_KEY, NOT_JSON),
)
