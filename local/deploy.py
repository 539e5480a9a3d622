"""Deploys a synthesized cloud assembly (`cdk.out`) with boto3 alone: faster than the CDK command line.

For tests. Everything goes through CloudFormation as it does on AWS; only bootstrap and the publishing of
assets are done here in their simplest form. The demo uses the real `cdk bootstrap` and `cdk deploy`.
"""

import functools
import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local.account import LocalAccount

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in an asset, so that equal folders have equal archives
_BETWEEN_LOOKS = 0.2  # real seconds; a stack takes about one

_NO_UPDATES = ("ValidationError", "No updates are to be performed.")
"""Code and message with which UpdateStack refuses an update that changes nothing. It has no error code of its own.

Source: "No updates to perform" in https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html.
The page does not quote the message (UNVERIFIED on AWS; the emulator sends the same)."""


class DeployFailed(Exception):
    """A stack did not reach *_COMPLETE. The message contains the reasons that CloudFormation gave."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of an assembly.

    Attributes:
        template: Path of its template in the assembly.
        assets: Path of its asset manifest in the assembly, which a stack without assets need not have.
        after: Artifact ids that it depends on.
        tags: Its own, which its resources get too.
    """

    id: str
    name: str
    region: str
    template: str
    assets: str
    after: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def _artifacts(out: Path, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    manifest = json.loads((out / "manifest.json").read_text())
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == "cdk:cloud-assembly":
            nested = artifact["properties"]["directoryName"]
            yield from _artifacts(out / nested, f"{prefix}{nested}/")
        elif artifact["type"] == "aws:cloudformation:stack":
            yield prefix + name, artifact


def stacks(out: Path, *, region: str = "us-east-1") -> list[Stack]:
    """Returns the stacks of an assembly, each after those it depends on. `region` is for stacks without a Region."""
    found: dict[str, Stack] = {}
    for name, artifact in _artifacts(out):
        folder, _, plain = name.rpartition("/")
        at = artifact["environment"].rsplit("/", 1)[1]
        found[plain] = Stack(
            id=plain,
            name=artifact["properties"].get("stackName", plain),
            region=region if at == "unknown-region" else at,
            template=str(Path(folder, artifact["properties"]["templateFile"])),
            assets=f"{folder}/{plain}.assets.json" if folder else f"{plain}.assets.json",
            after=tuple(artifact.get("dependencies", ())),
            tags=artifact["properties"].get("tags", {}),
        )
    ordered: list[Stack] = []

    def place(stack: Stack) -> None:
        for name in stack.after:
            if name in found:
                place(found[name])
        if stack not in ordered:
            ordered.append(stack)

    for stack in found.values():
        place(stack)
    return ordered


def _zipped(folder: Path) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), _EPOCH)
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return body.getvalue()


class Deployment:
    """Deploys assemblies into a local account, and deletes them."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self._published: set[tuple[str, str]] = set()
        self._buckets: set[str] = set()

    @functools.cache  # noqa: B019 - lives as long as its account
    def client(self, service: str, region: str) -> Any:
        """Returns a boto3 client of the local account, with root credentials."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # the name is known only at run time
            region_name=region,
            endpoint_url=self._account.endpoint,
            **self._account.root,
        )

    def up(self, out: Path) -> dict[str, dict[str, str]]:
        """Deploys every stack of an assembly, in order. Returns outputs by stack name. Raises DeployFailed."""
        return {stack.name: self._deploy(out, stack) for stack in stacks(out)}

    def down(self, out: Path) -> None:
        """Deletes every stack of an assembly, in reverse order. Raises DeployFailed if a deletion fails."""
        for stack in reversed(stacks(out)):
            cfn = self.client("cloudformation", stack.region)
            cfn.delete_stack(StackName=stack.name)
            while (found := self._status(cfn, stack.name)) and found["StackStatus"] == "DELETE_IN_PROGRESS":
                time.sleep(_BETWEEN_LOOKS)
            if found and found["StackStatus"] == "DELETE_FAILED":
                raise DeployFailed(self._reasons(cfn, stack, found))

    def _deploy(self, out: Path, stack: Stack) -> dict[str, str]:
        template = self._publish(out, stack)
        cfn = self.client("cloudformation", stack.region)
        found = self._status(cfn, stack.name)
        apply = cfn.create_stack if found is None else cfn.update_stack
        try:
            tags = [{"Key": key, "Value": value} for key, value in stack.tags.items()]
            apply(StackName=stack.name, Capabilities=_CAPABILITIES, Tags=tags, **template)
        except cfn.exceptions.ClientError as error:
            if (error.response["Error"]["Code"], error.response["Error"]["Message"]) != _NO_UPDATES:
                raise
        while (found := self._status(cfn, stack.name)) and found["StackStatus"].endswith("_IN_PROGRESS"):
            time.sleep(_BETWEEN_LOOKS)
        if found is None or found["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeployFailed(self._reasons(cfn, stack, found))
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def _publish(self, out: Path, stack: Stack) -> dict[str, str]:
        """Uploads the assets of a stack, its template last. Returns the template, as a parameter of CreateStack."""
        if not (out / stack.assets).exists():
            return {"TemplateBody": (out / stack.template).read_text()}
        manifest = json.loads((out / stack.assets).read_text())
        folder, url = (out / stack.assets).parent, ""
        for file in manifest["files"].values():
            (destination,) = file["destinations"].values()
            bucket, key = self._bucket(destination["bucketName"], stack.region), destination["objectKey"]
            source = folder / file["source"]["path"]
            if (bucket, key) not in self._published:
                body = _zipped(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
                self.client("s3", stack.region).put_object(Bucket=bucket, Key=key, Body=body)
                self._published.add((bucket, key))
            if file["source"]["path"].endswith(".template.json"):
                url = f"https://s3.{stack.region}.amazonaws.com/{bucket}/{key}"
        return {"TemplateURL": url}

    def _bucket(self, template: str, region: str) -> str:
        """Returns the asset bucket, which is created on first use with the version parameter of the bootstrap stack."""
        name = template.replace("${AWS::AccountId}", self._account.account).replace("${AWS::Region}", region)
        if name in self._buckets:
            return name
        s3 = self.client("s3", region)
        if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            where: Mapping[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else where))
            qualifier = name.split("-")[1]
            version = f"/cdk-bootstrap/{qualifier}/version"
            self.client("ssm", region).put_parameter(Name=version, Value="30", Type="String", Overwrite=True)
        self._buckets.add(name)
        return name

    @staticmethod
    def _status(cfn: Any, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = cfn.describe_stacks(StackName=name)["Stacks"][0]
        except cfn.exceptions.ClientError:
            return None
        return found

    @staticmethod
    def _reasons(cfn: Any, stack: Stack, found: dict[str, Any] | None) -> str:
        events = cfn.describe_stack_events(StackName=stack.name)["StackEvents"] if found else []
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        status = found["StackStatus"] if found else "gone"
        return f"stack {stack.name} in {stack.region} ended {status}: " + "; ".join(failed)
