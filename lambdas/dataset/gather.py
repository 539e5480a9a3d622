"""Reads an upload line by line: prompts without exact duplicates, and what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lambdas.dataset.findings import Finding, Findings
from lambdas.dataset.lines import Unreadable, lines, reader
from lambdas.dataset.objects import Opened
from lambdas.dataset.rules import prompt_of
from lambdas.shared.conversation import NotAConversation, Prompt
from lambdas.shared.limits import MAX_FILE_BYTES, MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt and its two digests, computed once."""

    prompt: Prompt
    digest: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """most: different prompts that can be of use; beyond them reading stops."""

    most: int
    multi_turn: bool
    most_bytes: int = MAX_FILE_BYTES


@dataclass(slots=True)
class Gathered:
    """rows in the order of the input; sources: (uri, version) as read."""

    rows: dict[str, Row] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    sources: list[tuple[str, str | None]] = field(default_factory=list)
    lines: int = 0
    bytes: int = 0
    duplicates: int = 0
    full: bool = False


def gather(files: Iterable[Opened], limits: Limits) -> Gathered:
    """Reads every file, and goes on after a bad line or file so that a person sees all that is to mend."""
    gathered = Gathered()
    for file in files:
        gathered.sources.append((file.uri, file.version))
        try:
            _read(file, gathered, limits)
        except Unreadable as broken:
            gathered.findings.add(Finding(file.name, None, str(broken)))
        if gathered.full:
            break
    return gathered


def _read(file: Opened, gathered: Gathered, limits: Limits) -> None:
    for number, line in enumerate(lines(reader(file.name, file.body), MAX_LINE_BYTES), start=1):
        gathered.lines += 1
        gathered.bytes += len(line) + 1
        try:
            _keep(prompt_of(line, multi_turn=limits.multi_turn), gathered)
        except NotAConversation as wrong:
            gathered.findings.add(Finding(file.name, number, str(wrong)))
        if reason := _too_much(gathered, limits):
            gathered.full = True
            gathered.findings.add(Finding(file.name, number, reason))
            return


def _keep(prompt: Prompt, gathered: Gathered) -> None:
    digest = prompt.digest
    if digest in gathered.rows:
        gathered.duplicates += 1
    else:
        gathered.rows[digest] = Row(prompt, digest, prompt.folded_digest)


def _too_much(gathered: Gathered, limits: Limits) -> str | None:
    if len(gathered.rows) > limits.most:
        return f"more than {limits.most} different prompts up to here; give fewer (the rest was not read)"
    if gathered.bytes > limits.most_bytes:
        return f"more than {limits.most_bytes} bytes up to here, Bedrock's limit; give less (the rest was not read)"
    return None
