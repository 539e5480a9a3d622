"""The command line: one sentence for each error, and the settings that flags set."""

import botocore.exceptions
import pytest

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.server.server import main
from simulator_support.standalone import PACKAGE, Standalone, run

OTHER = "222222222222"


def test_a_busy_port_is_one_sentence() -> None:
    with Standalone() as running:
        port = running.url.rsplit(":", 1)[1]
        refused = run("--port", port)
    sentence = f"port {port} on 127.0.0.1 is not available (Address already in use): choose another with --port.\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", sentence)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--date", "yesterday"], "argument --date: 'yesterday' is not a date: write it as 2024-12-04."),
        (["--port", "70000"], "argument --port: '70000' is not a port: write 0 to 65535"),
        (["--speed", "-1"], "argument --speed: -1 is not a speed: write a number from 0 to 1e+06"),
        (["--account", "me"], "argument --account: 'me' is not an account: write twelve digits"),
        (["--model-units", "many"], "argument --model-units: 'many' is not a count: write 0 to 1000000000000"),
        (["--teacher-error", "3"], "argument --teacher-error: 3 is not a share: write a number from 0 to 1"),
        (["--s3", "nowhere"], "argument --s3: 'nowhere' is not a URL: write http://HOST:PORT"),
        (["--s3", "http://a", "--objects", "b"], "argument --objects: not allowed with argument --s3"),
        (["--fault", "earthquake"], "argument --fault: unknown kind of fault 'earthquake'"),
        (["--fault", "slow seconds=long"], "argument --fault: Expected `float`, got `str` - at `$.seconds`"),
        (["--fault", "slow colour=red"], "argument --fault: unknown field colour of a fault"),
        (["--teacher-url", "http://127.0.0.1:1/v1"], "--teacher-url and --teacher-model go together"),
        (["--teacher-rules", "absent.toml"], "argument --teacher-rules: [Errno 2] No such file or directory"),
        (["--teacher-labelled", "README.md"], "argument --teacher-labelled: Line 1 of the training file is invalid"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_bad_flag_is_one_sentence(
    flags: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PACKAGE)
    with pytest.raises(SystemExit) as refused:
        main(flags)
    printed = capsys.readouterr()
    assert (refused.value.code, printed.out) == (2, "")
    assert sentence in printed.err.splitlines()[-1]


def test_its_process_ends_with_the_code_of_a_bad_flag() -> None:
    refused = run("--colour")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("unrecognized arguments: --colour\n")
    assert "Traceback" not in refused.stderr


def test_flags_are_what_the_simulator_goes_by() -> None:
    flags = ["--model-units", "3", "--tokens-per-minute", "7", "--latency-scale", "0.25", "--account", OTHER]
    flags.append("--optimized-application-profiles")
    fault = 'failed-job named=dev- message="the cat sat on it" times=2'
    with Standalone("--date", "2024-12-04", "--speed", "0", *flags, "--fault", fault) as started:
        quotas = started.admin("GET", "quotas")
        assert (quotas["model_units"], quotas["tokens"]["standard"]) == (3, {"*": 7})
        assert started.admin("GET", "latency")["scale"] == 0.25
        assert started.admin("GET", "undocumented")["optimized_application_profiles"] is True
        assert started.admin("GET", "health")["now"] == "2024-12-04T00:00:00.000Z"
        assert started.variables["AWS_ACCESS_KEY_ID"] == OTHER
        (listed,) = started.admin("GET", "faults")
        assert (listed["named"], listed["message"], listed["times"]) == ("dev-", "the cat sat on it", 2)


def test_chance_goes_by_the_seed_that_was_given() -> None:
    flags = ["--speed", "0", "--seed", "dice", "--fault"]
    with Standalone(*flags, "error operation=ListCustomModels error=ThrottlingException probability=0.5") as started:
        bedrock, refused = started.client(), []
        for number in range(30):
            try:
                bedrock.list_custom_models()
            except botocore.exceptions.ClientError:
                refused.append(number)
    expected = Faults([Fault("lost-event", probability=0.5)], seed="dice")
    there = FaultContext("111111111111", "us-east-1")
    assert refused == [number for number in range(30) if expected.match("lost-event", there)]
    assert 5 < len(refused) < 25
