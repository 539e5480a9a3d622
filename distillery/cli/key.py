"""`distillery key`: the public key that an environment signs records of runs with."""

from enum import StrEnum
from typing import Annotated

import typer

from distillery.cli.outputs import document
from distillery.cli.record_documents import KeyOutput
from distillery.cli.target import target
from distillery.cli.terminal import echo_error, echo_text, write_json
from distillery.core.errors import BadRequest


class KeyAction(StrEnum):
    """What to do with the key."""

    EXPORT = "export"


def key(
    context: typer.Context,
    action: Annotated[KeyAction, typer.Argument(metavar="export", help="export: print the public key.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the public key of the environment, in PEM, for `public_keys` in the settings of the next one.

    The private key never leaves KMS.
    """
    from distillery.records.public_key import PublicKey

    assert action is KeyAction.EXPORT
    on = target(context)
    arn = on.account.pipeline.get("signing_key")
    if not arn:
        raise BadRequest(
            f"environment {on.environment!r} signs no records; it needs sign = true in a table [promotion] of its "
            "settings: add it and deploy"
        )
    public = PublicKey.from_der(on.account.aws_client("kms").get_public_key(KeyId=arn)["PublicKey"])
    if as_json:
        made = KeyOutput(environment=on.environment, key_id=public.id, public_key=public.pem, key_arn=str(arn))
        write_json(document("key", made))
        return
    echo_text(public.pem.rstrip())
    echo_error("key {} of environment {}", public.id, on.environment)
