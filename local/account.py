"""The settings of the local AWS account, and what a client needs to reach it. Standard library only."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
ACCOUNT = "111111111111"
SECRET_HEADER = "x-distillery-secret"
"""Header that authorizes requests to the account's admin API, which AWS does not have."""

# Variables of the caller's environment that would direct an AWS client to another account.
_REDIRECTING = ("AWS_", "CDK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class NoLocalAccount(Exception):
    """The local account is not running. The message says how to start it."""


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """The settings of a local account, stored in `account.json` in its state folder.

    Attributes:
        state: The state folder, which also contains `client.json`, `clock.json`, `people.json`, `pid`, `emulator.log`.
        port: Loopback port of every service.
        date: Virtual day of the start (ISO, UTC); None for the real day.
        speed: Virtual seconds per real second.
        model_units: Quota of Provisioned Throughput model units.
        teacher_error: Share of wrong answers of the stand-in teacher, 0 to 1.
        shuffle_teacher: Whether the teacher's answers are permuted before training, so that a run fails its evaluation.
        fail_jobs: Prefixes of the names of jobs that fail.
        lose_events: Whether Bedrock's events are never delivered.
        record_iam: Whether every IAM decision is written to `iam.jsonl` in the state folder.
        secret: Secret access key of the root user, generated at each start. It allows everything.
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
        """Reads the account that was started last. Raises NoLocalAccount if there is none."""
        try:
            settings: dict[str, Any] = json.loads((state / "account.json").read_text())
        except FileNotFoundError:
            how = "start one with `make demo`"
            raise NoLocalAccount(f"no local AWS account in {state}: {how}") from None
        settings.pop("endpoint", None)
        return cls(**settings | {"state": state, "fail_jobs": tuple(settings["fail_jobs"])})

    def save(self) -> None:
        """Writes `account.json` and `client.json`, which no other user of this machine can read."""
        settings = asdict(self) | {"state": str(self.state), "endpoint": self.endpoint}
        write_private(self.state / "account.json", json.dumps(settings, indent=2) + "\n")
        client = {"endpoint": self.endpoint, "admin_headers": self.admin, "variables": self.env(), "environments": {}}
        write_private(self.client_file, json.dumps(client, indent=2) + "\n")

    def beside(self, account: str | None) -> Self:
        """Returns another account of the same process, with its own root; this one where `account` is None.

        Every 12 digits are an account, which is empty until something is deployed. All share the clock and the faults.
        """
        return self if account is None else replace(self, account=account)

    def publish(self, environment: str, *, region: str, variables: Mapping[str, str]) -> None:
        """Adds an environment to `client.json`.

        Args:
            environment: Name of the environment that was deployed.
            region: Its home Region.
            variables: Environment variables with the credentials of the user that `distillery --local` acts as.
        """
        client = json.loads(self.client_file.read_text(encoding="utf-8"))
        client["environments"][environment] = {"region": region, "variables": variables}
        write_private(self.client_file, json.dumps(client, indent=2) + "\n")

    @property
    def client_file(self) -> Path:
        """The file that `distillery --local` reads (distillery/cli/local_account.py)."""
        return self.state / "client.json"

    @property
    def root(self) -> dict[str, str]:
        """Arguments of a boto3 client: the credentials of the root user."""
        return {"aws_access_key_id": self.account, "aws_secret_access_key": self.secret}

    @property
    def admin(self) -> dict[str, str]:
        """Headers that authorize a request to the admin API."""
        return {SECRET_HEADER: self.secret}

    @property
    def endpoint(self) -> str:
        """URL of every service. It is an IP address, so that S3 uses path-style addressing."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_file(self) -> Path:
        """The file of the virtual clock: `{"real": s, "virtual": s, "speed": n}`."""
        return self.state / "clock.json"

    @property
    def people_file(self) -> Path:
        """The credentials of the users that `local.people` created, by name."""
        return self.state / "people.json"

    def env(self, region: str | None = None) -> dict[str, str]:
        """Returns environment variables for boto3, the CDK and the command, with a Region if one is given."""
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
        """Returns the caller's environment (or `base`) without redirecting variables, plus `env()`."""
        inherited = os.environ if base is None else base
        return {k: v for k, v in inherited.items() if not k.startswith(_REDIRECTING)} | self.env(region)


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read. An existing file is replaced, so that its mode does not matter."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
