"""Cloud assemblies of the environments. Each is synthesized once per session, by the worker that needs it first."""

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
    """Synthesizes assemblies into `folder`, which the workers of one session share."""

    folder: Path

    def settings(self, environment: str) -> Settings:
        """Returns the environment's settings as of the day on which it is tested."""
        return load(environment, on=DAYS[environment])

    def of(self, settings: Settings) -> Path:
        """Returns the folder of the assembly for these settings, synthesized with all rules enabled."""
        out = self.folder / hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:16]
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (out / "manifest.json").exists():  # synth writes this file last
                app = App(analytics_reporting=False, auto_synth=False, outdir=str(out), context=dict(context()))
                build(app, settings).synth()
        return out
