"""The port of the local account on this machine's loopback interface. Standard library only."""

import errno
import socket

from local.account import LocalAccount

LOOPBACK = "127.0.0.1"
DEFAULT = 4566
_TIMEOUT = 2.0  # seconds for a connection of this process with itself


class CannotStart(Exception):
    """The local account could not be started or stopped. The message is one sentence for users."""


def free_port(port: int) -> int:
    """Returns the port, or a free one for 0. Raises CannotStart if nothing can listen there or connect to it.

    A port can be bound although the loopback interface is down, so that only a connection shows whether it works.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            raise CannotStart(_not_bound(port, error)) from None
        bound = int(probe.getsockname()[1])
        try:
            socket.create_connection((LOOPBACK, bound), _TIMEOUT).close()
        except OSError as error:
            raise CannotStart(
                f"no connection to {LOOPBACK} is possible on this machine ({_reason(error)}), and the local account "
                "needs one: bring the loopback interface up, as root with `ip link set lo up`, or run this outside of "
                "the sandbox that forbids connections."
            ) from None
    return bound


def check_port(running: LocalAccount, wanted: int | None) -> None:
    """Raises CannotStart if an account runs on another port than the one that was asked for (0 is any)."""
    if wanted and wanted != running.port:
        raise CannotStart(
            f"the local account already runs on port {running.port}, so it cannot run on port {wanted}: leave the port "
            "out to use the running account, or stop it first (`make down`, which discards its data)."
        )


def _not_bound(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {LOOPBACK} is taken by another program: stop that program, or choose another port, "
            "as in `make demo PORT=4599`."
        )
    if error.errno == errno.EACCES:
        return (
            f"port {port} on {LOOPBACK} is reserved for root: choose a port from 1024 to 65535, as in "
            "`make demo PORT=4599`."
        )
    return (
        f"nothing can listen on port {port} of {LOOPBACK} ({_reason(error)}): bring the loopback interface up, as root "
        "with `ip link set lo up`."
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
