"""Where the local AWS account is, and what a client needs to reach it. Standard library only."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
ACCOUNT = "111111111111"
SECRET_HEADER = "x-distillery-secret"
"""Of requests to the account's own paths, which AWS does not have."""

# Variables of the caller's own environment that would lead an AWS client away from the local account.
_LEADS_ASTRAY = ("AWS_", "CDK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class NoLocalAccount(Exception):
    """The local account was never started, or was stopped. The message says how to start it."""


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """The settings a local account was started with, as kept in `account.json` of its state folder.

    state: the state folder; it also holds `clock.json`, `pid`, `emulator.log`.
    date: the virtual day it started on (ISO, UTC) or None for the real one; speed: virtual seconds a second.
    model_units: the account's quota of Provisioned Throughput model units.
    teacher_error: share of wrong answers of the stand-in teacher, 0 to 1.
    shuffle_teacher: permute the teacher's answers before training, for a run that must fail its verdict.
    fail_jobs: jobs whose name begins so fail; lose_events: Bedrock's events are never delivered.
    record_iam: write every IAM decision to `iam.jsonl` of the state folder.
    secret: of the root keys, made anew at each start; whoever has it may do anything.
    """

    state: Path
    port: int
    account: str = ACCOUNT
    date: str | None = None
    speed: float = 360.0
    model_units: int = 0
    teacher_error: float = 0.03
    shuffle_teacher: bool = False
    fail_jobs: tuple[str, ...] = ()
    lose_events: bool = False
    record_iam: bool = False
    secret: str = field(default="", repr=False)

    @classmethod
    def load(cls, state: Path = STATE) -> Self:
        """Read the account that was started last. Raises NoLocalAccount if there is none."""
        try:
            kept: dict[str, Any] = json.loads((state / "account.json").read_text())
        except FileNotFoundError:
            how = "start one with `make demo`"
            raise NoLocalAccount(f"no local AWS account in {state}: {how}") from None
        kept.pop("endpoint", None)
        return cls(**kept | {"state": state, "fail_jobs": tuple(kept["fail_jobs"])})

    def save(self) -> None:
        """Write `account.json`, for clients and for the emulator itself, and for no other user of this machine."""
        kept = asdict(self) | {"state": str(self.state), "endpoint": self.endpoint}
        write_private(self.state / "account.json", json.dumps(kept, indent=2) + "\n")
        self._publish({})

    def publish(self, environment: str, *, region: str, variables: Mapping[str, str]) -> None:
        """Adds an environment to `client.json`.

        Args:
            environment: Name of the environment that was deployed.
            region: Its home Region.
            variables: Environment variables with the credentials of the user that `distillery --local` acts as.
        """
        published = json.loads(self.client_file.read_text(encoding="utf-8"))["environments"]
        self._publish(published | {environment: {"region": region, "variables": variables}})

    def _publish(self, environments: Mapping[str, Any]) -> None:
        client = {
            "endpoint": self.endpoint,
            "admin_headers": self.admin,
            "variables": self.env(),
            "environments": environments,
        }
        write_private(self.client_file, json.dumps(client, indent=2) + "\n")

    @property
    def client_file(self) -> Path:
        """What `distillery --local` reads (distillery/cli/local_account.py)."""
        return self.state / "client.json"

    @property
    def root(self) -> dict[str, str]:
        """Arguments of boto3's clients: the account's root."""
        return {"aws_access_key_id": self.account, "aws_secret_access_key": self.secret}

    @property
    def admin(self) -> dict[str, str]:
        """Headers of requests to the account's own paths."""
        return {SECRET_HEADER: self.secret}

    @property
    def endpoint(self) -> str:
        """One URL for every service. An IP address, so that S3 is addressed by path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_file(self) -> Path:
        """The one clock: `{"real": s, "virtual": s, "speed": n}`."""
        return self.state / "clock.json"

    @property
    def people_file(self) -> Path:
        """The keys of the people that `local.people` made, by name."""
        return self.state / "people.json"

    def env(self, region: str | None = None) -> dict[str, str]:
        """Variables for boto3, the CDK and our own command; the Region only when one is asked for."""
        regional = (
            {} if region is None else dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION", "CDK_DEFAULT_REGION"), region)
        )
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_DEFAULT_ACCOUNT": self.account,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "DISTILLERY_CLOCK_FILE": str(self.clock_file),
        } | regional

    def environ(self, region: str | None = None, *, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """A whole environment: the caller's (or `base`) without what leads astray, plus `env()`."""
        kept = os.environ if base is None else base
        return {k: v for k, v in kept.items() if not k.startswith(_LEADS_ASTRAY)} | self.env(region)


def write_private(path: Path, text: str) -> None:
    """A file that nobody but its owner reads, from its first byte on; one that others may read is made anew."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
