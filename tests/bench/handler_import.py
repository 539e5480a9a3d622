"""Runs in the Lambda runtime's interpreter. Before the clock starts, only what both sides share is imported.

handler_import.py clients lambdas.dataset.handler: prints the clients that its modules create, as JSON.

handler_import.py handler lambdas.dataset.handler s3 dynamodb: prints the CPU seconds to import it and create these
clients.

handler_import.py boto3 s3 dynamodb: prints the CPU seconds to import boto3 and create the same clients.
"""

import ast
import importlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ADDRESS = "distillery.core.aws"
"""The module that creates clients."""


def clients_of(module: str) -> list[str]:
    """Returns the services for which our modules that the handler loads create clients."""
    importlib.import_module(module)
    loaded = [
        one for name, one in sys.modules.items() if name.startswith(("lambdas.", "distillery.")) and name != ADDRESS
    ]
    files = [Path(one.__file__) for one in loaded if one.__file__]
    return sorted({service for file in files for service in services_in(file.read_text(encoding="utf-8"))})


def services_in(source: str) -> Iterator[str]:
    """Yields the services for which a source creates clients."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="client") | ast.Attribute(attr="_client"), args=[ast.Constant(value=str(service)), *_]
            ):  # of the functions, and of the client library
                yield service
            case ast.Call(func=ast.Name(id="ObjectStore")):
                yield "s3"


def import_handler(module: str, services: list[str]) -> float:
    began = time.process_time()
    importlib.import_module(module)
    from distillery.core.aws import client

    for service in services:
        client(service)  # type: ignore[call-overload]  # by name: only its time is of interest
    return time.process_time() - began


def import_boto3(services: list[str]) -> float:
    began = time.process_time()
    import boto3

    for service in services:
        boto3.client(service)  # type: ignore[call-overload]  # by name: only its time is of interest
    return time.process_time() - began


if __name__ == "__main__":
    match sys.argv[1:]:
        case "clients", module:
            print(json.dumps(clients_of(module)))
        case "handler", module, *services:
            print(import_handler(module, services))
        case "boto3", *services:
            print(import_boto3(services))
