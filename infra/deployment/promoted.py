"""Records what was promoted: the commit of an assembly, and the digests of its templates.

`python -m infra.deployment.promoted cdk.out/prod` writes the SSM parameter `/distillery/prod/promoted`, after every
stack of the assembly was deployed. The drift watch and `distillery doctor` compare what is deployed with it.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from distillery.core import clock
from distillery.core.names import Names, digest
from distillery.core.parameters import write_parameter
from distillery.core.serialization import to_wire
from distillery.core.stack_drift import PromotedTemplates
from infra.deployment.commit import commit_of
from infra.packing import ROOT

_STACK, _HOME = "aws:cloudformation:stack", "pipeline"


def promotion_of(assembly: Path, *, commit: str, by: str) -> tuple[Names, str, PromotedTemplates]:
    """Returns the environment's names, its home Region, and what the parameter holds.

    Raises:
        FileNotFoundError: The folder is no cloud assembly.
        ValueError: It is none of an environment.
    """
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    stacks = {name: one for name, one in manifest["artifacts"].items() if one["type"] == _STACK}
    begins, ends = Names("").stack("").rstrip("-") + "-", f"-{_HOME}"
    home = [name for name in stacks if name.startswith(begins) and name.endswith(ends)]
    if len(home) != 1:
        raise ValueError(f"{assembly} has {len(home)} stacks {begins}…{ends}; name the folder of one environment")
    names = Names(home[0].removeprefix(begins).removesuffix(ends))
    templates = {name: digest(_template(assembly, one)) for name, one in stacks.items()}
    region = str(stacks[home[0]]["environment"].rsplit("/", 1)[1])
    return names, region, PromotedTemplates(commit=commit, at=clock.stamp(), by=by, templates=templates)


def _template(assembly: Path, artifact: Mapping[str, Any]) -> Any:
    return json.loads((assembly / artifact["properties"]["templateFile"]).read_text(encoding="utf-8"))


def record(assembly: Path) -> str:
    """Writes the parameter, and returns a sentence about it."""
    import boto3

    session = boto3.session.Session()
    commit = commit_of(os.environ, ROOT)
    by = str(session.client("sts", region_name="us-east-1").get_caller_identity()["Arn"])
    names, region, promotion = promotion_of(assembly, commit=commit, by=by)
    write_parameter(
        session.client("ssm", region_name=region),
        names.promoted,
        json.dumps(to_wire(promotion)),
        description="What `make deploy` deployed: its commit, and the digests of its templates",
    )
    return f"recorded in {names.promoted}: {promotion}"


def main(arguments: Sequence[str]) -> int:
    """Records the promotion of the assembly in this folder."""
    if len(arguments) != 1:
        print("name the folder of an assembly: cdk.out/prod", file=sys.stderr)  # noqa: T201 # a command's output
        return 2
    try:
        print(record(Path(arguments[0])))  # noqa: T201 # a command's output
    except (BotoCoreError, ClientError) as error:
        why = f"the stacks are deployed, and this is not recorded, so the drift watch will report them: {error}"
        print(f"{why}\nallow ssm:PutParameter, and run `make deploy` again", file=sys.stderr)  # noqa: T201 # as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
