"""The whole road on this machine: what `make demo` shows."""

from local.demo.play import play

__all__ = ["play"]
