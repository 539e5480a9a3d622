"""Cloud assemblies of the environments, each synthesized once in a session."""

from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import App

from app import build
from infra.config import Settings, load
from tests.unit.stacks.assembly import DAYS, context


@dataclass(slots=True)
class Assemblies:
    """Settings that are the same share one assembly."""

    folder: Path
    _made: list[tuple[Settings, Path]] = field(default_factory=list)

    def settings(self, environment: str) -> Settings:
        """The environment as its file says, on the day that it is tested on."""
        return load(environment, on=DAYS[environment])

    def of(self, settings: Settings) -> Path:
        """The folder of the assembly, with every rule on."""
        for known, out in self._made:
            if known == settings:
                return out
        out = self.folder / f"{settings.environment}-{len(self._made)}"
        build(
            App(analytics_reporting=False, auto_synth=False, outdir=str(out), context=dict(context())), settings
        ).synth()
        self._made.append((settings, out))
        return out
