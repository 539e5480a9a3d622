"""What is wrong with a file, or with the whole of a data set."""

from distillery.core.limits import MAX_FILE_BYTES, MAX_PROMPTS, MIN_PROMPTS
from distillery.datasets.validation.rules_table.kind import error, warning

_COUNTS = f"{MIN_PROMPTS} to {MAX_PROMPTS} (General Reference, Bedrock quotas)"

GZIP_CUT_OFF = error(
    "gzip-cut-off", "the gzip file ends too early", "a whole gzip file", "upload it whole; `gzip -t FILE` tests it"
)
GZIP_DAMAGED = error(
    "gzip-damaged", "the gzip file is damaged", "a sound gzip file", "pack it again; `gzip -t FILE` tests it"
)
NOT_PACKED = error(
    "not-packed", "the file is named .gz and is not packed", "gzip in .jsonl.gz", "name it .jsonl, or pack it"
)
PACKED = error(
    "packed", "the file is packed with gzip and not named so", "gzip in .jsonl.gz", "name it .jsonl.gz, or unpack it"
)
OTHER_FORMAT = error(
    "other-format",
    "the file is a zip, bzip2, xz, zstd, Parquet or other binary file",
    "JSON lines, plain or packed with gzip",
    "unpack it, or export JSON lines",
)
EMPTY_FILE = error("empty-file", "the file is empty", "prompts, one a line", "upload the file that was meant")
FILE_TOO_LARGE = error(
    "file-too-large",
    "the prompts are larger than the input file that Bedrock takes",
    f"{MAX_FILE_BYTES} bytes unpacked (2 GB, General Reference, Bedrock quotas)",
    "give fewer prompts",
)
NAME_NOT_FOR_BEDROCK = warning(
    "name-not-for-bedrock",
    "the object's address does not fit the pattern of an s3Uri (no space, no =), so a job cannot name it; "
    "the pipeline copies prompts to an address that does",
    "letters, digits and -!_*'().",
    "rename it if you hand it to Bedrock yourself",
)
CRLF = warning(
    "crlf",
    "lines end in CR LF, as on Windows; JSON takes the CR for white space",
    "LF",
    "convert it: `sed -i 's/\\r$//' FILE`",
)
TOO_FEW_PROMPTS = error(
    "too-few-prompts", "there are fewer prompts than a distillation job takes", _COUNTS, "add prompts"
)
TOO_MANY_PROMPTS = error(
    "too-many-prompts", "there are more prompts than a distillation job takes", _COUNTS, "leave some out"
)
NOTHING_HELD_OUT = error(
    "nothing-held-out",
    "no prompt is held out to judge the student by",
    "at least one",
    "raise heldout_share or heldout_max of the recipe",
)
TOO_MANY_BAD_LINES = error(
    "too-many-bad-lines",
    "more lines are bad than the recipe quarantines",
    "max_bad_lines of the recipe",
    "mend the lines, or raise max_bad_lines",
)
DUPLICATE_PROMPT = warning(
    "duplicate-prompt",
    "the same system prompt and messages stood on an earlier line; the pipeline keeps the first",
    "each prompt once",
    "remove it",
)
CONFLICTING_ANSWERS = warning(
    "conflicting-answers",
    "the same prompt has another reference answer than on an earlier line; the pipeline keeps the first",
    "one reference answer for a prompt",
    "decide which answer is right",
)
MIXED_LABELS = warning(
    "mixed-labels",
    "some prompts have a reference answer and some have none; where a held-out prompt has none, the student is graded "
    "by its agreement with the teacher instead of by accuracy",
    "references on all prompts or on none; a few good ones among many without are Amazon's advice for Nova",
    'nothing, if it is meant; mixed_labels = "reject" in the recipe refuses such a file',
)
MIXED_LABELS_REFUSED = error(
    "mixed-labels-refused",
    "some prompts have a reference answer and some have none, and the recipe refuses that",
    "references on all prompts or on none",
    'add or remove the references, or write mixed_labels = "warn" in the recipe',
)

WHOLE = (
    *(GZIP_CUT_OFF, GZIP_DAMAGED, NOT_PACKED, PACKED, OTHER_FORMAT, EMPTY_FILE, FILE_TOO_LARGE, NAME_NOT_FOR_BEDROCK),
    *(CRLF, TOO_FEW_PROMPTS, TOO_MANY_PROMPTS, NOTHING_HELD_OUT, TOO_MANY_BAD_LINES, DUPLICATE_PROMPT),
    *(CONFLICTING_ANSWERS, MIXED_LABELS, MIXED_LABELS_REFUSED),
)
