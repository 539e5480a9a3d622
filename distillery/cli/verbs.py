"""The verbs, each imported on first use, so that `distillery check` does not wait for boto3."""

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from distillery.core.errors import BadRequest
from distillery.core.escaping import one_line

VERBS = (
    *("doctor", "check", "convert", "run", "collect", "status", "watch", "report", "evaluate", "stop", "resume"),
    "golden",
    *("verify", "key", "promote", "promotions"),
    *("approve", "accept", "reject", "rollback", "models", "retire", "clean", "forget"),
    *("routes", "ask", "snippets", "probe", "bench"),
)
"""In the order of the help; each is a function of the same name."""
_MODULES = {
    **dict.fromkeys(("approve", "accept", "reject"), "decisions"),
    **dict.fromkeys(("stop", "resume"), "operations"),
    "doctor": "doctor.command",
    "promote": "promote.command",
    "rollback": "rollback_verb",
}
"""The verbs that are not in a module of their own name."""
_HAS_EMPTY = "distillery.has_empty"
"""The key of a context under which it says whether something that was typed is empty."""
_PREFIX = "Value error, "
"""What typer's validation writes before the reason."""
_MOVED = {"demo": "the demo runs from a checkout: `make demo`"}


class Verbs(TyperGroup):
    """Loads commands by name, as in click's guide ("Lazily loading subcommands")."""

    def make_context(self, *given: Any, **more: Any) -> Any:
        """Also prints the help."""
        with _broken_pipes(), _escaped():
            return super().make_context(*given, **more)

    def invoke(self, ctx: Any) -> Any:
        """Adds the missing policy to an error of AWS. Errors in a verb's arguments are raised here as well."""
        try:
            with _broken_pipes(), _escaped():
                return super().invoke(ctx)
        except Exception as error:
            from distillery.cli.permissions import needed_policy

            if ctx.obj is not None and (hint := needed_policy(ctx.invoked_subcommand, ctx.obj.environment, error)):
                error.add_note(hint)
            raise

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's signature
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # typer's signature
        if cmd_name in _MOVED:
            raise BadRequest(_MOVED[cmd_name])
        if cmd_name not in VERBS:
            return None
        one = typer.Typer(add_completion=False, rich_markup_mode="rich")
        one.command(cmd_name, cls=Verb)(
            getattr(importlib.import_module(f"distillery.cli.{_MODULES.get(cmd_name, cmd_name)}"), cmd_name)
        )
        return get_command(one)


class Verb(TyperCommand):
    """Refuses empty arguments and options: mostly they are unset variables of a shell, and would widen the command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = [one.partition("=")[2] if one.startswith("--") and "=" in one else one for one in args]
        ctx.meta[_HAS_EMPTY] = "" in given
        return super().parse_args(ctx, args)

    def make_context(self, *given: Any, **more: Any) -> Any:
        """An empty path is the current folder, and is refused for that before `invoke` sees it."""
        try:
            return super().make_context(*given, **more)
        except typer.BadParameter as error:
            parameter: Any = getattr(error, "param", None)
            if parameter is not None and error.ctx is not None and error.ctx.meta.get(_HAS_EMPTY):
                raise _empty(error.ctx, parameter) from error
            raise

    def invoke(self, ctx: Any) -> Any:
        parameters: list[Any] = list(self.params)  # typer does not export their type
        for parameter in parameters:
            value = ctx.params.get(parameter.name)
            empty = value == "" or (isinstance(value, list | tuple) and "" in value)
            empty |= value == Path() and ctx.meta[_HAS_EMPTY]
            if empty and value != parameter.default:
                raise _empty(ctx, parameter)
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Shows what stands in brackets, such as `[recipes.<name>.logs]`, which rich would take for a style."""
        described: list[Any] = [self, *self.params]
        for one in described:
            one.help = escape(one.help) if one.help else one.help
        super().format_help(ctx, formatter)


def _empty(ctx: Any, parameter: Any) -> typer.BadParameter:
    hint = parameter.get_error_hint()
    return typer.BadParameter("it is empty; give a value, or leave it out", ctx=ctx, param_hint=hint)


@contextlib.contextmanager
def _broken_pipes() -> Iterator[None]:
    """Ends as other programs do if nobody reads the output. click, and rich where it prints the help, exit with 1."""
    try:
        yield
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        from distillery.cli.terminal import end_on_broken_pipe

        end_on_broken_pipe()


@contextlib.contextmanager
def _escaped() -> Iterator[None]:
    """Escapes the messages of usage errors: they quote the arguments, and typer prints them as they are."""
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):  # click's UsageError, which typer does not export
            texts = {name: one.removeprefix(_PREFIX) for name, one in vars(error).items() if isinstance(one, str)}
            vars(error).update({name: one_line(one) for name, one in texts.items()})
        raise
