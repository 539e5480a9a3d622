"""SSM parameters that functions and the command write, so that no template contains them and no stack deletes them."""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def names_under(ssm: "SSMClient", path: str) -> list[str]:
    """The names of the parameters at any depth beneath a path."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return sorted(each["Name"] for page in pages for each in page["Parameters"])


def parameter_exists(ssm: "SSMClient", name: str) -> bool:
    try:
        ssm.get_parameter(Name=name)
    except ClientError as error:
        if code(error) == "ParameterNotFound":
            return False
        raise
    return True


def delete_parameter(ssm: "SSMClient", name: str) -> None:
    """Deletes a parameter, also one that does not exist any more."""
    try:
        ssm.delete_parameter(Name=name)
    except ClientError as error:
        if code(error) != "ParameterNotFound":
            raise
