"""The command line of the stand-alone server."""

import argparse
import re
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import msgspec

from bedrock_simulator.catalog.supported_models import MODELS
from bedrock_simulator.clock import MAX_SPEED, MemoryClock, parse_date
from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.models import rules, teacher
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.server.backends import ANY_REGION
from bedrock_simulator.settings import (
    MAX_QUOTA,
    MAX_SCALE,
    JudgeSettings,
    Latency,
    ModelErrors,
    Quotas,
    Settings,
    TeacherSettings,
    TokenQuotas,
    Undocumented,
)

DESCRIPTION = """\
A local Amazon Bedrock for boto3: control plane and runtime on one port of 127.0.0.1. It prints the environment
variables to export. An access key of twelve digits is the account; the Region is the client's. Ctrl-C stops it.
"""
EPILOG = """\
example:
  mkdir -p buckets/training && cp prompts.jsonl buckets/training/
  bedrock-simulator --date 2026-11-23 --model-units 2 --state .bedrock \\
      --fault "error operation=Converse error=ThrottlingException times=2"
  curl -X PUT -d '{"advance": 7200}' http://127.0.0.1:4567/_admin/clock

The README documents faults, the admin API, and the simulated operations.
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parses the command line. Exits with status 2 and one sentence if it is invalid."""
    parser = argparse.ArgumentParser(
        prog="bedrock-simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=_port, default=4567, help="0 selects a free port (default: %(default)s)")
    add("--account", type=_account, default="111111111111", help="the account of other access keys (%(default)s)")
    add("--state", type=Path, metavar="DIR", help="store the state there across restarts (default: in memory)")
    time = parser.add_argument_group("time")
    time.add_argument("--date", type=_day, help="the virtual date of the start, such as 2024-12-04 (default: now)")
    time.add_argument("--speed", type=_speed, help="virtual seconds per second (default: 360); 0 stops the clock")
    _objects(parser.add_argument_group("S3"))
    quota = parser.add_argument_group("quotas").add_argument
    quota("--model-units", type=_count, default=0, metavar="N", help="of Provisioned Throughput (default: 0)")
    quota("--tokens-per-minute", type=_count, metavar="N", help="of each model (default: the documented quotas)")
    quota("--optimized-tokens-per-minute", type=_count, metavar="N", help="above it, standard latency is served")
    model = parser.add_argument_group("models").add_argument
    model("--teacher-rules", type=_rules, metavar="FILE", help="the teacher's rules (default: its own rules)")
    model("--teacher-labelled", type=_labelled, metavar="FILE", help="a training file that the teacher knows")
    model("--teacher-url", type=_url, metavar="URL", help="a real teacher: a chat completions API, up to /v1")
    model("--teacher-model", metavar="NAME", help="the model to call there")
    model("--teacher-error", type=_share, default=0.03, metavar="SHARE", help="of wrong answers (default: 0.03)")
    model("--model-error", type=_model_error, action="append", default=[], metavar="MODEL=SHARE", help="of one model")
    model("--model-seed", type=_model_seed, action="append", default=[], metavar="MODEL=SEED", help="of its errors")
    model("--judge-error", type=_share, default=0.03, metavar="SHARE", help="of wrong ratings (default: 0.03)")
    model("--unscored", type=_share, default=0.0, metavar="SHARE", help="of missing ratings (default: 0)")
    model("--shuffle-teacher", action="store_true", help="permute its answers, so that students learn wrong answers")
    model(
        "--latency-scale",
        type=_scale,
        default=0.0,
        metavar="X",
        help="1 waits the modelled time (default: 0)",
    )
    model("--seed", default="1", help="of wrong answers, latency and faults (default: 1)")
    parser.add_argument_group("behaviour that AWS does not document").add_argument(
        "--optimized-application-profiles", action="store_true", help="allow latency-optimized calls through them"
    )
    faults = parser.add_argument_group("faults and events").add_argument
    faults("--fault", type=_fault, action="append", default=[], help='"KIND FIELD=VALUE …", may be repeated')
    faults("--events-to", type=_url, metavar="URL", help="post every event to this URL")
    args = parser.parse_args(argv)
    if bool(args.teacher_url) != bool(args.teacher_model):
        parser.error("--teacher-url and --teacher-model go together")
    return args


def _objects(group: argparse._ArgumentGroup) -> None:
    where = group.add_mutually_exclusive_group().add_argument
    where(
        "--objects",
        type=Path,
        default=Path("buckets"),
        metavar="DIR",
        help="a folder whose folders are buckets (buckets)",
    )
    where("--s3", type=_url, metavar="URL", help="an emulated or real S3 endpoint, in place of --objects")
    group.add_argument(
        "--bucket-region", default=ANY_REGION, metavar="REGION", help="the Region of these buckets (any)"
    )


def settings(args: argparse.Namespace) -> Settings:
    """The simulator's settings according to the command line."""
    tokens = {
        mode: {} if limit is None else {"*": limit}
        for mode, limit in (("standard", args.tokens_per_minute), ("optimized", args.optimized_tokens_per_minute))
    }
    return Settings(
        teacher=_teacher(args),
        judges=JudgeSettings(args.judge_error, unscored_rate=args.unscored, seed=args.seed),
        latency=Latency(args.latency_scale, args.seed),
        quotas=Quotas(args.model_units, tokens=TokenQuotas(**tokens)),
        undocumented=Undocumented(args.optimized_application_profiles),
    )


def _teacher(args: argparse.Namespace) -> TeacherSettings:
    return TeacherSettings(
        args.teacher_error,
        args.seed,
        args.shuffle_teacher,
        args.teacher_rules or "",
        args.teacher_labelled or "",
        args.teacher_url or "",
        args.teacher_model or "",
        _errors(dict(args.model_error), dict(args.model_seed)),
    )


def _errors(rates: dict[str, float], seeds: dict[str, str]) -> dict[str, ModelErrors]:
    return {model: ModelErrors(rates.get(model), seeds.get(model)) for model in (*rates, *seeds)}


def _model_error(text: str) -> tuple[str, float]:
    model, share = _of_model(text, "SHARE")
    return model, _share(share)


def _model_seed(text: str) -> tuple[str, str]:
    return _of_model(text, "SEED")


def _of_model(text: str, what: str) -> tuple[str, str]:
    name, _, value = text.rpartition("=")
    strong = sorted(model.id for model in MODELS.values() if model.strong)
    if name not in strong or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not MODEL={what}: MODEL is one of {', '.join(strong)}")
    return name, value


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
    """Parses `error operation=Converse error=ThrottlingException times=2`."""
    kind, *rest = shlex.split(text) or [""]
    values = dict(part.partition("=")[::2] for part in rest)
    if unknown := values.keys() - {each.name for each in fields(Fault)}:
        raise argparse.ArgumentTypeError(f"unknown field {', '.join(sorted(unknown))} of a fault")
    try:
        fault: Fault = msgspec.convert({"kind": kind, **values}, Fault, strict=False)
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None
    return fault


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: write 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,13}", text) or int(text) > MAX_QUOTA:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count: write 0 to {MAX_QUOTA}")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account: write twelve digits")
    return text


def _day(text: str) -> float:
    try:
        return MemoryClock(parse_date(text)).state().virtual
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def _number(text: str, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is not a {what}: write a number from 0 to {most:g}")
    return number


def _speed(text: str) -> float:
    return _number(text, MAX_SPEED, "speed")


def _scale(text: str) -> float:
    return _number(text, MAX_SCALE, "scale")


def _share(text: str) -> float:
    return _number(text, 1, "share")


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+\S*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL: write http://HOST:PORT")
    return text
