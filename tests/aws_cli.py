"""The part of the AWS CLI that runbooks use, so that tests run their commands as they stand.

    python -m tests.aws_cli SERVICE VERB [--OPTION VALUE ...]

Services, verbs and options are those of botocore's models, so a command with an unknown one fails as it does with the
AWS CLI. Exit codes are the CLI's: 252 for a command that cannot be parsed, 254 for an error of the service.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]  # it has no types
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import Shape

USAGE, SERVICE_ERROR = 252, 254
OWN = {"region", "query", "output", "max-items", "cli-read-timeout", "cli-binary-format"}
"""Options of the CLI itself. Answers are not paged here, and time-outs are botocore's."""


def main(arguments: Sequence[str]) -> int:
    """Runs one command. Returns its exit code."""
    service, verb, *rest = arguments
    positional, options = _split(rest)
    client: Any = botocore.session.get_session().create_client(service, region_name=_one(options, "region"))
    try:
        operation, asked = _request(client, f"{service} {verb}", positional, options)
    except (KeyError, ValueError) as wrong:
        sys.stderr.write(f"aws: error: {service} {verb}: {wrong!r}\n")
        return USAGE
    try:
        answer = getattr(client, xform_name(operation))(**asked)
    except ClientError as error:
        sys.stderr.write(f"aws: {error}\n")
        return SERVICE_ERROR
    if "Payload" in answer:
        Path(positional[0]).write_bytes(answer.pop("Payload").read())
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(_one(options, "query") or "@", answer)
    sys.stdout.write(_text(found) if _one(options, "output") == "text" else json.dumps(found, default=str) + "\n")
    return 0


def _split(words: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The words before and beside options, and the values of each option. The last word of `lambda invoke` is a file,
    which follows an option with one value."""
    positional, options, name = list[str](), dict[str, list[str]](), ""
    for word in words:
        if word.startswith("--"):
            name = word[2:]
            options[name] = []
        elif name and not (word.startswith("/") and options[name]):
            options[name].append(word)
        else:
            positional.append(word)
    return positional, options


def _one(options: Mapping[str, Sequence[str]], name: str) -> str | None:
    return options[name][0] if name in options else None


def _request(
    client: Any, command: str, positional: Sequence[str], options: Mapping[str, Sequence[str]]
) -> tuple[str, dict[str, Any]]:
    """The operation and its parameters. Raises KeyError or ValueError for what botocore's model does not have."""
    own = {name: value for name, value in options.items() if name not in OWN}
    if command == "logs tail":
        pattern = _one(options, "filter-pattern")
        asked = {"logGroupName": positional[0]} | ({"filterPattern": pattern} if pattern else {})
        if unknown := own.keys() - {"since", "filter-pattern"}:
            raise KeyError(unknown)
        return "FilterLogEvents", asked
    model = client.meta.service_model
    operation = {xform_name(name, "-"): name for name in model.operation_names}[command.split()[1]]
    shape = model.operation_model(operation).input_shape
    members = {xform_name(name, "-"): name for name in shape.members}
    asked = {members[name]: _value(shape.members[members[name]], values) for name, values in own.items()}
    if missing := set(shape.required_members) - asked.keys():
        raise KeyError(missing)
    return operation, asked


def _value(shape: Shape, words: Sequence[str]) -> Any:
    of: Any = shape
    if shape.type_name == "boolean":
        return True
    text = " ".join(words)
    if shape.type_name == "blob":
        return Path(text.removeprefix("file://")).read_bytes() if text.startswith("file://") else text.encode()
    if shape.type_name in ("list", "structure", "map") and text.lstrip().startswith(("[", "{")):
        return json.loads(text)
    if shape.type_name == "list":
        return [_value(of.member, [word]) for word in words]
    if shape.type_name in ("structure", "map"):
        return dict(_shorthand(text))
    return int(text) if shape.type_name in ("integer", "long") else text


def _shorthand(text: str) -> Iterator[tuple[str, Any]]:
    """`Name=a,Value=b` and `Variables={A=b,C=d}`."""
    for name, inner, plain in re.findall(r"(\w+)=(?:\{([^}]*)\}|([^,]*))", text):
        yield name, dict(_shorthand(inner)) if inner else plain


def _text(found: Any) -> str:
    """Text output: a line for a list of scalars, and for each list in a list."""
    if isinstance(found, list):
        if any(isinstance(each, list) for each in found):
            return "".join(_text(each) for each in found)
        return "\t".join(str(each) for each in found) + "\n"
    return f"{found}\n"


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    sys.exit(main(sys.argv[1:]))
