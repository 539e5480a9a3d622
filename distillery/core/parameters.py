"""SSM parameters that functions and the command write, so that no template contains them and no stack deletes them."""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def names_under(ssm: "SSMClient", path: str) -> list[str]:
    """The names of the parameters at any depth beneath a path."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return sorted(each["Name"] for page in pages for each in page["Parameters"])


def read_parameter(ssm: "SSMClient", name: str) -> str | None:
    """The value of a parameter; None where there is none."""
    try:
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if code(error) == "ParameterNotFound":
            return None
        raise


def write_parameter(ssm: "SSMClient", name: str, value: str, *, description: str) -> None:
    """Creates a parameter, or replaces its value. `description`: what it is and what writes it, for people."""
    ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True, Description=description)


def delete_parameter(ssm: "SSMClient", name: str) -> None:
    """Deletes a parameter, also one that does not exist any more."""
    try:
        ssm.delete_parameter(Name=name)
    except ClientError as error:
        if code(error) != "ParameterNotFound":
            raise
