"""The rules of a file, of a data set, and of what the recipe makes of it. docs/datasets.md is generated from them."""

from distillery.core.limits import MAX_FILE_BYTES, MAX_PROMPTS, MIN_PROMPTS
from distillery.datasets.validation.finding import Rule, error, warning
from distillery.datasets.validation.line_rules import LINE_RULES

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

RULES = (*LINE_RULES, *(value for value in tuple(globals().values()) if isinstance(value, Rule)))
"""All rules: those of a line, then those of this table."""
