"""The demo: the whole pipeline on this machine, as `make demo` runs it."""

from local.demo.workflow import run_demo

__all__ = ["run_demo"]
