"""API keys as bearer tokens: the stand-alone simulator accepts any, in the Region and account that a key names."""

import json
from base64 import b64encode
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from bedrock_simulator.server.application import parse_signature
from simulator_support.fakes import ACCOUNT
from simulator_support.in_process import HOST, InProcess

BODY = json.dumps({"messages": [{"role": "user", "content": [{"text": "where is my parcel"}]}]}).encode()
CONVERSE = b"/model/us.amazon.nova-pro-v1%3A0/converse"


def short_term(access_key: str, region: str) -> str:
    """A key as aws-bedrock-token-generator makes it."""
    request = AWSRequest("POST", "https://bedrock.amazonaws.com/", params={"Action": "CallWithBearerToken"})
    request.headers["host"] = "bedrock.amazonaws.com"
    SigV4QueryAuth(Credentials(access_key, "secret"), "bedrock", region, expires=43200).add_auth(request)
    url = str(request.url).removeprefix("https://") + "&Version=1"
    return "bedrock-api-key-" + b64encode(url.encode()).decode()


def call(token: str, path: bytes = CONVERSE, method: str = "POST", body: bytes = BODY) -> Any:
    return InProcess().call(method, path, body=body, headers=[HOST, (b"authorization", token.encode())])


@pytest.mark.parametrize(
    "token", ["Bearer ABSKQmVkcm9ja0FQSUtleQ==", "bearer anything", "Bearer bedrock-api-key-broken"]
)
def test_any_key_is_accepted_by_both_services(token: str) -> None:
    assert call(token).status == 200
    assert call(token, b"/custom-models", "GET", b"").status == 200


@pytest.mark.parametrize("token", ["Bearer", "Bearer ", "Bearer   "])
def test_no_key_at_all_is_refused_in_the_services_words(token: str) -> None:
    refused = call(token)
    assert refused.status == 403
    assert refused.json()["message"] == "Authentication failed: Please make sure your API Key is valid."


@pytest.mark.parametrize(
    ("token", "account", "region"),
    [
        (short_term("222222222222", "us-west-2"), "222222222222", "us-west-2"),
        (short_term("AKIAIOSFODNN7EXAMPLE", "eu-west-1"), ACCOUNT, "eu-west-1"),
        ("ABSKQmVkcm9ja0FQSUtleQ==", ACCOUNT, "us-east-1"),
    ],
)
def test_a_short_term_key_names_its_account_and_its_region(token: str, account: str, region: str) -> None:
    signer = parse_signature({"authorization": f"Bearer {token}"}, ACCOUNT)
    assert (signer.account, signer.region) == (account, region)


@given(st.text(min_size=1).filter(str.strip), st.binary())
def test_no_key_breaks_its_reader(text: str, packed: bytes) -> None:
    for token in (text, f"bedrock-api-key-{text}", f"bedrock-api-key-{b64encode(packed).decode()}"):
        assert parse_signature({"authorization": f"Bearer {token}"}, ACCOUNT).account == ACCOUNT
