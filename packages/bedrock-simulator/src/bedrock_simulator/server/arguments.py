"""The command line of the simulator that stands alone, and the settings it asks for."""

import argparse
import re
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import msgspec

from bedrock_simulator.clock import parse_date
from bedrock_simulator.faults import Fault
from bedrock_simulator.models import rules, teacher
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.server.backends import ANY_REGION
from bedrock_simulator.settings import Latency, Quotas, Settings, TeacherSettings, TokenQuotas, Undocumented

DESCRIPTION = """\
A local Amazon Bedrock for boto3: control plane and runtime on one port of 127.0.0.1. It prints the variables to
export. An access key of twelve digits is the account; the Region is the client's. Ctrl-C stops it.
"""
EPILOG = """\
example:
  mkdir -p buckets/training && cp prompts.jsonl buckets/training/
  bedrock-simulator --date 2026-11-23 --model-units 2 --state .bedrock \\
      --fault "error operation=Converse error=ThrottlingException times=2"
  curl -X PUT -d '{"advance": 7200}' http://127.0.0.1:4567/_admin/clock

The README tells faults, the admin API and what is simulated.
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """What was asked for. Exits with 2 and one sentence when it cannot be understood."""
    parser = argparse.ArgumentParser(
        prog="bedrock-simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=_port, default=4567, help="0 takes any free one (default: %(default)s)")
    add("--account", type=_account, default="111111111111", help="whose calls are that no account signed")
    add("--state", type=Path, metavar="DIR", help="keep everything there across restarts (default: in memory)")
    time = parser.add_argument_group("time")
    time.add_argument("--date", type=_day, help="the virtual day to start on, as 2024-12-04 (default: now)")
    time.add_argument("--speed", type=_number, help="virtual seconds a second (default: 360); 0 stands still")
    _objects(parser.add_argument_group("S3"))
    grant = parser.add_argument_group("quotas").add_argument
    grant("--model-units", type=_count, default=0, metavar="N", help="of Provisioned Throughput (default: 0)")
    grant("--tokens-per-minute", type=_count, metavar="N", help="of each model (default: the documented quotas)")
    grant("--optimized-tokens-per-minute", type=_count, metavar="N", help="above them it serves standard latency")
    model = parser.add_argument_group("models").add_argument
    model("--teacher-rules", type=_rules, metavar="FILE", help="what it says (default: its own rules)")
    model("--teacher-labelled", type=_labelled, metavar="FILE", help="a training file it was shown before")
    model("--teacher-url", type=_url, metavar="URL", help="of chat completions, up to /v1: a real teacher")
    model("--teacher-model", metavar="NAME", help="the model to ask there")
    model("--teacher-error", type=_share, default=0.03, metavar="SHARE", help="of wrong answers (default: 0.03)")
    model("--shuffle-teacher", action="store_true", help="permute its answers, so that students learn nonsense")
    model("--latency-scale", type=_number, default=0.0, metavar="X", help="1 waits as long as modelled (default: 0)")
    model("--seed", default="1", help="of all chance: wrong answers, latency, faults")
    parser.add_argument_group("what no page of AWS says").add_argument(
        "--optimized-application-profiles", action="store_true", help="they may be called latency-optimized"
    )
    wrong = parser.add_argument_group("what goes wrong, and who is told").add_argument
    wrong("--fault", type=_fault, action="append", default=[], help='"KIND FIELD=VALUE …", as often as you like')
    wrong("--events-to", type=_url, metavar="URL", help="post every event there")
    asked = parser.parse_args(argv)
    if bool(asked.teacher_url) != bool(asked.teacher_model):
        parser.error("--teacher-url and --teacher-model go together")
    return asked


def _objects(group: argparse._ArgumentGroup) -> None:
    where = group.add_mutually_exclusive_group().add_argument
    where("--objects", type=Path, default=Path("buckets"), metavar="DIR", help="its folders are buckets (buckets)")
    where("--s3", type=_url, metavar="URL", help="an S3 endpoint, emulated or real, in place of --objects")
    group.add_argument("--bucket-region", default=ANY_REGION, metavar="REGION", help="where these folders are (any)")


def settings(asked: argparse.Namespace) -> Settings:
    """The simulator's settings."""
    tokens = {
        mode: {} if limit is None else {"*": limit}
        for mode, limit in (("standard", asked.tokens_per_minute), ("optimized", asked.optimized_tokens_per_minute))
    }
    return Settings(
        teacher=_teacher(asked),
        latency=Latency(asked.latency_scale, asked.seed),
        quotas=Quotas(asked.model_units, tokens=TokenQuotas(**tokens)),
        undocumented=Undocumented(asked.optimized_application_profiles),
    )


def _teacher(asked: argparse.Namespace) -> TeacherSettings:
    return TeacherSettings(
        asked.teacher_error,
        asked.seed,
        asked.shuffle_teacher,
        asked.teacher_rules or "",
        asked.teacher_labelled or "",
        asked.teacher_url or "",
        asked.teacher_model or "",
    )


def _rules(text: str) -> str:
    try:
        rules.load(Path(text))
    except (OSError, ValueError) as why:
        raise argparse.ArgumentTypeError(str(why)) from None
    return text


def _labelled(text: str) -> str:
    try:
        teacher.read_labelled(Path(text))
    except (OSError, JobInputError) as why:
        raise argparse.ArgumentTypeError(str(why)) from None
    return text


def _fault(text: str) -> Fault:
    """`error operation=Converse error=ThrottlingException times=2`."""
    kind, *rest = shlex.split(text) or [""]
    given = dict(part.partition("=")[::2] for part in rest)
    if strange := given.keys() - {each.name for each in fields(Fault)}:
        raise argparse.ArgumentTypeError(f"a fault has no {', '.join(sorted(strange))}")
    try:
        made: Fault = msgspec.convert({"kind": kind, **given}, Fault, strict=False)
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None
    return made


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: there are 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of them: write 0 or more")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account: write twelve digits")
    return text


def _day(text: str) -> float:
    try:
        return parse_date(text)
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 upwards")
    return number


def _share(text: str) -> float:
    number = _number(text)
    if number > 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share: write 0 to 1")
    return number


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+\S*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL: write http://HOST:PORT")
    return text
