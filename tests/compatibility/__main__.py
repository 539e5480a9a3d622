"""Runs the real packages against the simulator and records what works: `make compatibility`.

Each package has a script in packages/ or javascript/, which prints one JSON object. The results and the table of the
simulator's README are written only when every package was run: `python -m tests.compatibility NAME …` only prints.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.compatibility.table import FOLDER, PACKAGES, README, RESULTS, Package, table, with_table
from tests.snippets.student import student, training_file

BEDROCK = ROOT / ".venv-local/bin/python"
JAVASCRIPT = FOLDER / "javascript"
_PATIENCE = 240  # seconds for a script: the first import of a large package takes long
_CLAUDE = "arn:aws:bedrock:us-east-1:111111111111:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
_VERSION = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"


def main(names: list[str]) -> int:
    """Returns 1 if a capability fails that a script tries."""
    chosen = [package for package in PACKAGES if not names or package.name in names]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        training_file(Path(folder))
        with Standalone("--speed", "0", "--date", "2026-11-23", "--objects", folder, python=BEDROCK) as bedrock:
            custom = {"CUSTOM_MODEL": student(bedrock), "CUSTOM_PROFILE": _profile(bedrock)}
            for package in chosen:
                found[package.name] = _run(package, bedrock.url, custom)
                print(f"{package.name}: {found[package.name]}", flush=True)
    results = {"day": f"{datetime.now(UTC):%Y-%m-%d}", "packages": found}
    if not names:
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        README.write_text(with_table(README.read_text(encoding="utf-8"), results), encoding="utf-8")
        print(table(results))
    return int(any("fails" in each.values() for each in found.values()))


def _profile(bedrock: Standalone) -> str:
    made = bedrock.client().create_inference_profile(inferenceProfileName="claude", modelSource={"copyFrom": _CLAUDE})
    return str(made["inferenceProfileArn"])


def _run(package: Package, url: str, custom: dict[str, str]) -> dict[str, str]:
    """Returns the version and what works. A script that breaks off is 'not run', its error printed."""
    version = _version(package)
    if version is None:
        print(f"{package.name} is not installed: make compatibility installs it", file=sys.stderr)
        return {}
    if package.environment is None:
        command = ["node", str(JAVASCRIPT / package.script)]
    else:
        command = [str(ROOT / package.environment / "bin/python"), str(FOLDER / "packages" / package.script)]
    with tempfile.TemporaryDirectory() as home:
        try:
            done = subprocess.run(
                command,
                env=_environ(url, custom, home),
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            print(f"{package.name} took more than {_PATIENCE} seconds", file=sys.stderr)
            return {"version": version}
    if done.returncode or '"fails"' in done.stdout:
        print(f"=== {package.name}\n{done.stderr}", file=sys.stderr)
    if done.returncode:
        return {"version": version}
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return {"version": version, **found}


def _version(package: Package) -> str | None:
    """The installed version, or None."""
    if package.environment is None:
        manifest = JAVASCRIPT / "node_modules" / package.distribution / "package.json"
        return str(json.loads(manifest.read_text())["version"]) if manifest.exists() else None
    python = ROOT / package.environment / "bin/python"
    if not python.exists():
        return None
    command = [str(python), "-c", _VERSION, package.distribution]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None


def _environ(url: str, custom: dict[str, str], home: str) -> dict[str, str]:
    """The environment of a script: only the simulator and an access key."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        **custom,
        "AWS_ENDPOINT_URL_BEDROCK": url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_BEDROCK_RUNTIME_ENDPOINT": url,  # LiteLLM's own name for the same value
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",  # otherwise it downloads prices from GitHub
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "NO_PROXY": "127.0.0.1",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
