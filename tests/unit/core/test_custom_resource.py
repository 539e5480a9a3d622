"""Custom resources respond to CloudFormation only."""

import pytest

from distillery.core.custom_resource import is_cloudformations

BUCKET = "cloudformation-custom-resource-response-useast1"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        (f"https://{BUCKET}.s3.amazonaws.com/arn?Signature=x", True),
        (f"https://{BUCKET}.s3.us-east-1.amazonaws.com/arn", True),
        (f"https://{BUCKET}.s3-us-west-2.amazonaws.com/arn", True),
        (f"http://{BUCKET}.s3.amazonaws.com/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com.evil.example/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com@evil.example/arn", False),
        (f"https://user@{BUCKET}.s3.amazonaws.com/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com:8443/arn", False),
        (f"https://evil.example/{BUCKET}.s3.amazonaws.com", False),
        ("https://evil-bucket.s3.amazonaws.com/arn", False),
        ("http://127.0.0.1.evil.example/arn", False),
        ("http://127.0.0.1:4566/arn", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_an_answer_goes_to_cloudformation_and_to_no_look_alike(
    monkeypatch: pytest.MonkeyPatch, url: str, taken: bool
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert is_cloudformations(url) is taken


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://127.0.0.1:4566/_response", True),
        ("http://127.0.0.1:4567/_response", False),
        ("http://127.0.0.1:4566@evil.example/", False),
    ],
)
def test_a_function_of_the_local_account_answers_that_account(
    monkeypatch: pytest.MonkeyPatch, url: str, taken: bool
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert is_cloudformations(url) is taken
