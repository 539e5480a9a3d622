"""Every command of the admin API in the README works, and every request of the API has one."""

import re
import shlex
import urllib.request

from simulator_support.standalone import PACKAGE, Standalone

README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def curls() -> list[list[str]]:
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def curl(words: list[str], port: str) -> int:
    """The status that curl would get; it knows the options that the README uses."""
    options = {"-X": "GET", "-d": ""}
    while words[0] in options:
        options[words[0]], words = words[1], words[2:]
    (url,) = words
    body = options["-d"].encode() or None
    call = urllib.request.Request(url.replace(":4567/", f":{port}/"), body, method=options["-X"])  # noqa: S310  # loopback
    with urllib.request.urlopen(call) as response:  # noqa: S310  # the same
        return int(response.status)


def test_every_command_of_the_admin_api_works() -> None:
    with Standalone("--speed", "0") as started:
        port = started.url.rsplit(":", 1)[1]
        assert [curl(words, port) for words in curls()] == [200] * 19


def test_every_request_has_an_example() -> None:
    with Standalone("--speed", "0") as started:
        _, reported = started.admin_refused("GET", "nothing")
    offered = set(re.findall(r"(GET|PUT|POST|DELETE) (\w+)", reported.split("allowed are", 1)[1]))
    named = {(words[1] if words[0] == "-X" else "GET", words[-1].split("_admin/")[1]) for words in curls()}
    shown = {(method, re.split(r"[/?]", path)[0]) for method, path in named}
    assert offered - shown <= {
        ("GET", "quotas"),
        ("GET", "latency"),
        ("GET", "undocumented"),
        ("GET", "access"),
        ("GET", "judges"),
    }
    assert shown <= offered
