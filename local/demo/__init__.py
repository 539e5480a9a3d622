"""The whole road on this machine: what `make demo` shows."""

from local.demo.workflow import run_demo

__all__ = ["run_demo"]
