"""What `make deploy` records of an assembly."""

import json
from pathlib import Path

import pytest

from distillery.core import stack_drift
from distillery.core.names import digest
from distillery.core.serialization import to_wire
from infra.deployment.promoted import main, promotion_of
from tests.assemblies import assembly_of
from tests.unit.stacks.assembly import settings_of, templates


def test_the_record_has_the_digest_of_every_template_and_fits_a_standard_parameter() -> None:
    names, region, promotion = promotion_of(assembly_of(settings_of("prod")).folder, commit="a" * 41, by="b" * 200)
    assert (names.environment, region) == ("prod", "us-east-1")
    assert promotion.templates == {names.stack(part): digest(one) for part, one in templates("prod").items()}
    assert len(json.dumps(to_wire(promotion))) < 4096
    assert {names.stack(part) for part in stack_drift.PARTS} == promotion.templates.keys()


def test_a_folder_of_another_app_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"other": {"type": "aws:cloudformation:stack"}}}))
    with pytest.raises(ValueError, match="has 0 stacks distillery-…-pipeline"):
        promotion_of(tmp_path, commit="", by="")


def test_the_command_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "cdk.out/prod" in capsys.readouterr().err
