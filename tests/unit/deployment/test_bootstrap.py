"""The arguments of `cdk bootstrap`, from the outputs of the stack of its policies."""

import json
from pathlib import Path

import pytest

from infra.deployment import bootstrap

OUTPUTS = {
    bootstrap.POLICIES: "arn:aws:iam::333333333333:policy/a,arn:aws:iam::333333333333:policy/b",
    bootstrap.TARGETS: "aws://333333333333/us-east-1 aws://333333333333/us-east-2",
}


def _written(folder: Path, text: str) -> Path:
    file = folder / "outputs.json"
    file.write_text(text, encoding="utf-8")
    return file


def test_each_region_is_bootstrapped_with_the_policies_and_the_boundary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _written(tmp_path, json.dumps({"distillery-bootstrap": OUTPUTS}))
    assert bootstrap.main([str(file)]) == 0
    assert capsys.readouterr().out.split() == [
        *("aws://333333333333/us-east-1", "aws://333333333333/us-east-2"),
        "--cloudformation-execution-policies",
        OUTPUTS[bootstrap.POLICIES],
        *("--custom-permissions-boundary", "cdk-distillery-boundary"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        json.dumps({"distillery-prod-deployers": {"DeployRoleArn": "arn:aws:iam::333333333333:role/r"}}),
        json.dumps({"distillery-bootstrap": OUTPUTS, "another": OUTPUTS}),
    ],
)
def test_other_outputs_bootstrap_nothing(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main([str(_written(tmp_path, text))]) == 1
    said = capsys.readouterr()
    assert (said.out, "`make bootstrap` writes them" in said.err) == ("", True)


@pytest.mark.parametrize("words", [[], ["missing.json"], ["a", "b"]])
def test_a_file_that_is_not_there_bootstraps_nothing(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(words) == 1
    assert capsys.readouterr().out == ""
