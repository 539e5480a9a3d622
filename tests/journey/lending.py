"""Two environments of which the second admits the students of the first: what people do from the record to the run."""

import json
from pathlib import Path
from typing import Any

import boto3

from distillery.client.function_url import post_signed
from distillery.core.ledger.items import RunRecord
from distillery.core.promotions import SHARE
from distillery.records.public_key import PublicKey
from distillery.settings import Settings, load
from distillery.settings.reading import VARIABLE
from local import people
from local.account import ROOT
from tests.journey import commands
from tests.journey.environment import Environment
from tests.unit.stacks.assembly import DAYS


def pinned(source: Environment) -> str:
    """The public key, in PEM, that the source signs with."""
    key = source.client("kms").get_public_key(KeyId=source.outputs["signing_key"])["PublicKey"]
    return PublicKey.from_der(key).pem


def settings(folder: Path, like: str, name: str, account: str = "", **promotion: object) -> Settings:
    """Writes the settings of an environment like one of the project's, as the command reads them, and loads them.

    Args:
        folder: Of the settings files.
        like: The environment of the project.
        name: The environment's own name.
        account: Its account; empty for that of the credentials.
        promotion: Its table [promotion].
    """
    text = (ROOT / "environments" / f"{like}.toml").read_text(encoding="utf-8")
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in promotion.items())  # JSON of these is TOML
    own = f'account = "{account}"\n' if account else ""
    (folder / f"{name}.toml").write_text(f"{own}{text}\n[promotion]\n{table}", encoding="utf-8")
    return load(name, on=DAYS[like], folder=folder)


def promote(source: Environment, run: str, target: Environment, folder: Path, *also: str) -> dict[str, Any]:
    """Runs `distillery promote` to its end. Returns its JSON.

    Args:
        source: Whose data reader runs the command.
        run: The run.
        target: Whose promoter the command is there.
        folder: Of the settings files.
        also: Further policies of the person in the source, such as `sharer`.
    """
    here, there = source.settings.environment, target.settings.environment
    profile = "".join(f"{name.lower()} = {value}\n" for name, value in target.credentials("promoter").items())
    (folder / "credentials").write_text(f"[{there}]\n{profile}", encoding="utf-8")
    keys = people.credentials(source.account, here, "reader", *also, home=source.home, inference=source.inference)
    variables = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), VARIABLE: str(folder)}
    words = ("promote", run, "--to", there, "--to-profile", there, "--reason", "better answers", "--yes", "--json")
    environ = {**source.account.environ(source.home), **keys, **variables}
    done = commands.distillery(environ, "--env", here, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def _ask(environment: Environment, by: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """Asks a function of the environment by its URL, as a person of that kind."""
    keys = environment.credentials(by)
    session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    return dict(post_signed(session, environment.outputs["decisions"][verb], body, region=environment.home))


def share(source: Environment, run: str, account: str) -> dict[str, Any]:
    """The sharer has the source share the run's model with an account. Returns the function's answer."""
    return _ask(source, "sharer", SHARE, {"run": run, "account": account})


def unshare(source: Environment, run: str, account: str) -> None:
    """The sharer has the source end the share."""
    _ask(source, "sharer", SHARE, {"run": run, "account": account, "end": True})


def promoted_run(target: Environment, promotion: str) -> RunRecord:
    """Waits until the run of the promotion has ended. Returns its record."""
    run = target.until(lambda: next((r.run.id for r in target.runs() if r.promotion == promotion), ""), "promoted run")
    return target.wait_for_run(run)


def tags_of(source: Environment, model: str) -> dict[str, str]:
    """The tags of a model."""
    answer = source.client("bedrock").list_tags_for_resource(resourceARN=model)
    return {tag["key"]: tag["value"] for tag in answer["tags"]}
