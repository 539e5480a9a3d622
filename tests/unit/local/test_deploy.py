"""A cloud assembly is deployed in the order of its dependencies, each stack to its Region."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import LocalAccount
from local.deploy import _NO_UPDATES, DeployFailed, Deployment, _zipped, stacks
from local.emulator import process

CODE = "def handler(event, context): return 7"


def assembly(out: Path, templates: dict[str, dict[str, Any]], after: dict[str, list[str]]) -> Path:
    """A hand-made `cdk.out` whose stacks share one asset, a folder with a function's code."""
    (out / "asset.code").mkdir(parents=True)
    (out / "asset.code" / "index.py").write_text(CODE)
    artifacts: dict[str, Any] = {}
    for name, template in templates.items():
        region = "us-east-2" if name == "Serving" else "us-east-1"
        (out / f"{name}.template.json").write_text(json.dumps(template))
        where = {"bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-" + region, "region": region}
        files = {
            "1": {
                "source": {"path": "asset.code", "packaging": "zip"},
                "destinations": {"x": {**where, "objectKey": "code.zip"}},
            },
            "2": {
                "source": {"path": f"{name}.template.json", "packaging": "file"},
                "destinations": {"x": {**where, "objectKey": f"{name}.json"}},
            },
        }
        (out / f"{name}.assets.json").write_text(json.dumps({"files": files}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://111111111111/{region}",
            "properties": {"templateFile": f"{name}.template.json", "stackName": f"dev-{name}"},
            "dependencies": after.get(name, []),
        }
    (out / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return out


def with_bucket() -> dict[str, Any]:
    """Returns a template with one bucket, and its name."""
    return {
        "Resources": {"B": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Bucket": {"Value": {"Ref": "B"}}, "Region": {"Value": {"Ref": "AWS::Region"}}},
    }


def test_a_stack_comes_after_those_it_depends_on(tmp_path: Path) -> None:
    out = assembly(
        tmp_path / "cdk.out",
        {"Pipeline": {}, "Serving": {}, "Foundation": {}},
        {"Pipeline": ["Foundation", "Pipeline.assets"], "Serving": ["Pipeline"]},
    )
    ordered = [(stack.name, stack.region) for stack in stacks(out)]
    assert ordered == [("dev-Foundation", "us-east-1"), ("dev-Pipeline", "us-east-1"), ("dev-Serving", "us-east-2")]


def test_equal_folders_give_equal_parcels(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.py").write_text("a = 1")
    assert _zipped(tmp_path / "one") == _zipped(tmp_path / "two")
    with zipfile.ZipFile(io.BytesIO(_zipped(tmp_path / "one"))) as archive:
        assert archive.namelist() == ["deep/a.py"]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running local account to deploy into."""
    state = tmp_path_factory.mktemp("account")
    yield Deployment(process.start(LocalAccount(state=state, port=0)))
    process.stop(state)


def test_every_stack_is_deployed_updated_and_deleted(deployment: Deployment, tmp_path: Path) -> None:
    out = assembly(tmp_path / "cdk.out", {"Serving": with_bucket(), "Foundation": with_bucket()}, {})
    outputs = deployment.up(out)
    assert {name: found["Region"] for name, found in outputs.items()} == {
        "dev-Serving": "us-east-2",
        "dev-Foundation": "us-east-1",
    }
    assert deployment.up(out) == outputs
    made = outputs["dev-Foundation"]["Bucket"]
    deployment.down(out)
    left = deployment.client("s3", "us-east-1").list_buckets()["Buckets"]
    assert made not in [bucket["Name"] for bucket in left]


def test_only_an_update_without_changes_is_taken_for_deployed(deployment: Deployment, tmp_path: Path) -> None:
    out = assembly(tmp_path / "cdk.out", {"Same": with_bucket()}, {})
    outputs = deployment.up(out)
    cfn = deployment.client("cloudformation", "us-east-1")
    with pytest.raises(ClientError) as unchanged:
        cfn.update_stack(StackName="dev-Same", TemplateBody=json.dumps(with_bucket()))
    assert (unchanged.value.response["Error"]["Code"], unchanged.value.response["Error"]["Message"]) == _NO_UPDATES
    (out / "Same.template.json").write_text("[")
    with pytest.raises(ClientError, match="ValidationError"):
        Deployment(deployment._account).up(out)
    (out / "Same.template.json").write_text(json.dumps(with_bucket()))
    assert set(Deployment(deployment._account).up(out)["dev-Same"]) == set(outputs["dev-Same"])
    deployment.down(out)


def test_a_stack_that_keeps_a_full_bucket_is_not_deleted_without_a_word(deployment: Deployment, tmp_path: Path) -> None:
    out = assembly(tmp_path / "cdk.out", {"Full": with_bucket()}, {})
    bucket, s3 = deployment.up(out)["dev-Full"]["Bucket"], deployment.client("s3", "us-east-1")
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    with pytest.raises(
        DeployFailed, match=r"stack dev-Full in us-east-1 ended DELETE_FAILED: .*B: The bucket you tried"
    ):
        deployment.down(out)
    s3.delete_object(Bucket=bucket, Key="a")
    deployment.down(out)


def test_a_failed_stack_says_why(deployment: Deployment, tmp_path: Path) -> None:
    properties = {"InferenceProfileName": "p", "ModelSource": {"CopyFrom": "no-arn-at-all"}}
    broken = {"Resources": {"P": {"Type": "AWS::Bedrock::ApplicationInferenceProfile", "Properties": properties}}}
    with pytest.raises(DeployFailed, match="stack dev-Broken in us-east-1 ended ROLLBACK_COMPLETE: P: "):
        deployment.up(assembly(tmp_path / "cdk.out", {"Broken": broken}, {}))
