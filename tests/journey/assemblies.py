"""Cloud assemblies of the environments, each synthesized once in a session, whichever of its processes asks first."""

import fcntl
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import App

from app import build
from distillery.settings import Settings, load
from tests.unit.stacks.assembly import DAYS, context


@dataclass(frozen=True, slots=True)
class Assemblies:
    """folder: shared by all processes of a session, and by no other session."""

    folder: Path

    def settings(self, environment: str) -> Settings:
        """The environment as its file says, on the day that it is tested on."""
        return load(environment, on=DAYS[environment])

    def of(self, settings: Settings) -> Path:
        """The folder of the assembly of these settings, with every rule on."""
        out = self.folder / hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:16]
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (out / "manifest.json").exists():  # the last file that synth writes
                app = App(analytics_reporting=False, auto_synth=False, outdir=str(out), context=dict(context()))
                build(app, settings).synth()
        return out
