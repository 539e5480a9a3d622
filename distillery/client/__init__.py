"""An AWS account that holds a Distillery environment. boto3 alone; imports nothing else of this project."""

from distillery.client.account import AWS_ERRORS, Account, FunctionRefused, NotDeployed, NotReached

__all__ = ["AWS_ERRORS", "Account", "FunctionRefused", "NotDeployed", "NotReached"]
