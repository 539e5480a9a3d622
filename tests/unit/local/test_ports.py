"""The port of the local account: free, reachable, and the one that was asked for."""

import errno
import socket
from pathlib import Path

import pytest

from local.account import LocalAccount
from local.emulator.ports import CannotStart, check_port, free_port


def test_a_free_port_is_found() -> None:
    assert free_port(free_port(0)) > 0


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EPERM, errno.ETIMEDOUT])
def test_a_loopback_that_connects_nothing_is_one_sentence_at_once(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refused(_address: tuple[str, int], _timeout: float) -> socket.socket:
        raise OSError(number, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refused)
    with pytest.raises(CannotStart, match=r"^no connection to 127\.0\.0\.1 is possible .*\(network is unreachable\)"):
        free_port(0)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EADDRINUSE, "is taken by another program"),
        (errno.EACCES, "is reserved for root: choose a port from 1024"),
        (errno.EADDRNOTAVAIL, "nothing can listen on port 0 .*bring the loopback interface up"),
    ],
)
def test_each_reason_why_nothing_can_listen_has_its_own_sentence(
    monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    class Refusing(socket.socket):
        def bind(self, _address: object) -> None:
            raise OSError(number, "why")

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(CannotStart, match=sentence):
        free_port(0)


@pytest.mark.parametrize(("wanted", "fits"), [(None, True), (0, True), (4566, True), (4599, False), (1, False)])
def test_a_running_account_serves_only_its_own_port(tmp_path: Path, wanted: int | None, fits: bool) -> None:
    running = LocalAccount(state=tmp_path, port=4566)
    if fits:
        check_port(running, wanted)
        return
    with pytest.raises(CannotStart, match=f"already runs on port 4566, so it cannot run on port {wanted}"):
        check_port(running, wanted)
