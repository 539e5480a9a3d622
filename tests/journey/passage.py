"""The way from dev through staging to prod: three environments in three accounts of one process, with the settings of
docs/promotion.md, and the people who run the commands of that page.
"""

import base64
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from distillery.cli import local_account
from distillery.client.function_url import post_signed
from distillery.core.promotions import VERB, AdmissionRequest
from distillery.core.serialization import to_wire
from distillery.settings import Settings, load
from distillery.settings.reading import VARIABLE
from local.account import ROOT
from tests import promotion_page
from tests.journey import commands
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.promotion_page import PageCommand
from tests.unit.stacks.assembly import DAYS

KEY = re.compile(r"-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n", re.DOTALL)
ORDER = ("dev", "staging", "prod")
LOGS = re.compile(r"^\[(logging|recipes\.support\.logs)\]\n(?:[^\[\n].*\n)+", re.MULTILINE)
"""What staging and prod collect, which has no part in a promotion."""


class Passage:
    """The environments by name, and what the placeholders of the page stand for."""

    def __init__(self, deploy: Deploy, folder: Path) -> None:
        self.settings = folder / "environments"
        shutil.copytree(ROOT / "environments", self.settings)
        self._deploy, self._folder = deploy, folder
        self.environments: dict[str, Environment] = {}
        self.values: dict[str, str] = {}

    def __getitem__(self, environment: str) -> Environment:
        return self.environments[environment]

    def add(self, name: str, *keys: str, **replaced: str) -> Environment:
        """Deploys the next environment as the page configures it.

        Args:
            name: Its name.
            keys: The public keys, in PEM, that it pins.
            replaced: What stands in place of values of the page's table, by their keys.
        """
        block = promotion_page.settings()[ORDER.index(name)]
        for key, value in replaced.items():
            block, count = re.subn(rf"^{key} = \S+", f"{key} = {value}", block, flags=re.MULTILINE)
            assert count == 1, key
        block = KEY.sub(lambda _: '""", """\n'.join(keys), block)
        file = self.settings / f"{name}.toml"
        file.write_text(f"{LOGS.sub('', file.read_text(encoding='utf-8'))}\n{block}", encoding="utf-8")
        made = self._deploy(name, settings=self._loaded(name), beside=self.environments.get(ORDER[0]))
        self.environments[name] = made
        return made

    def _loaded(self, name: str) -> Settings:
        return load(name, on=DAYS[name], folder=self.settings)

    def run(self, command: PageCommand) -> "subprocess.CompletedProcess[str]":
        """Runs a command of the page as the person that it names, who agrees to what it asks."""
        return self.distillery(command.environment, command.kind, *map(self._filled, command.words))

    def distillery(self, environment: str, kind: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command as that person of that environment, with a profile of the promoter of each later one."""
        where = self[environment]
        profiles = self._folder / "credentials"
        profiles.write_text("".join(self._profile(name) for name in self.environments if name != ORDER[0]))
        keys = {**where.credentials(kind), "AWS_SHARED_CREDENTIALS_FILE": str(profiles)}
        return self._distillery({**where.account.environ(where.home), **keys}, "--env", environment, *words)

    def locally(self, environment: str, *words: str, **kinds: str) -> "subprocess.CompletedProcess[str]":
        """Runs `distillery --local`, which knows a user of each environment: the person of that kind."""
        for name, kind in kinds.items():
            there = self[name]
            there.account.publish(name, region=there.home, variables=there.credentials(kind))
        account = self[environment].account
        variables = {name: value for name, value in account.environ().items() if name not in account.env()}
        variables[local_account.VARIABLE] = str(account.client_file)
        return self._distillery(variables, "--local", "--env", environment, *words)

    def _distillery(self, variables: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
        return commands.distillery({**variables, VARIABLE: str(self.settings)}, *words, typed="y\n")

    def _profile(self, environment: str) -> str:
        keys = self[environment].credentials("promoter")
        return f"[{environment}]\n" + "".join(f"{name.lower()} = {value}\n" for name, value in keys.items())

    def _filled(self, word: str) -> str:
        return self.values.get(word, word)

    def ask(self, environment: str, kind: str, record: bytes, *, of: str = "", resumed: str = "") -> Mapping[str, Any]:
        """Sends a record to the admission function of an environment, as a person of it, or of another one (`of`).

        resumed: The promotion that is asked about.

        Raises:
            FunctionRefused: The function refuses. NotAllowed: IAM does.
        """
        keys, there = self[of or environment].credentials(kind), self[environment]
        session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
        request = AdmissionRequest(record=base64.b64encode(record).decode(), promotion=resumed)
        return post_signed(session, str(there.outputs["decisions"][VERB]), to_wire(request), region=there.home)
