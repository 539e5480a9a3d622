"""A headless Chromium, without any package that drives it: it prints the page as it has become, a picture or a PDF."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--enable-logging=stderr"),
)
DARK = "--blink-settings=preferredColorScheme=0"
SECONDS = 120

Browse = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"there is no browser: install one of {', '.join(NAMES)}")
    return found


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Browse:
    """Opens a page: `browse(file, "--dump-dom", width=390)`."""

    def run(page: Path, *options: str, width: int = 1000, height: int = 900) -> subprocess.CompletedProcess[str]:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        size = f"--window-size={width},{height}"
        command = [chromium, *QUIET, profile, size, *options, page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)

    return run
