"""Calls of principals whose calls may be collected, and of others that imitate them."""

from typing import Any

from tests.unit.collection.records import ACCOUNT, ROUTE, Json, converse, record, reply

APP = f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/i-0abc"
TEACHERS = ("assumed-role/support-app/i-*", "user/team/ana")
"""The principals whose calls may be collected, in the records below."""


def made_by(text: str, arn: Any, **more: Any) -> Json:
    return record(converse(text), reply("x"), **{"identity": {"arn": arn}, **more})


GENUINE = [
    made_by("the application", APP),
    made_by("another session of it", APP.replace("i-0abc", "i-9_a+b=c,d.e@f")),
    made_by("in another partition", APP.replace("arn:aws:", "arn:aws-us-gov:")),
    made_by("a user", f"arn:aws:iam::{ACCOUNT}:user/team/ana"),
]
FORGED = [
    {name: value for name, value in made_by("no identity", APP).items() if name != "identity"},
    made_by("an identity of nothing", APP, identity=None),
    made_by("an identity without ARN", APP, identity={}),
    made_by("an identity that is a text", APP, identity=APP),
    made_by("a list of identities", APP, identity=[{"arn": APP}]),
    made_by("an identity within an identity", APP, identity={"identity": {"arn": APP}}),
    made_by("an identity by another name", APP, identity={"Arn": APP, "ARN": APP, "arn ": APP, "identity.arn": APP}),
    made_by("no ARN", None),
    made_by("an empty ARN", ""),
    made_by("a list", [APP]),
    made_by("an object", {"arn": APP}),
    made_by("a number", 5),
    made_by("a truth", True),
    made_by("another account", APP.replace(ACCOUNT, "444455556666")),
    made_by("no account", APP.replace(ACCOUNT, "")),
    made_by("a line's end", APP + "\n"),
    made_by("a carriage return", APP + "\r"),
    made_by("a line's end before", "\n" + APP),
    made_by("a line more", f"{APP}\narn:aws:iam::444455556666:user/eve"),
    made_by("a line before", f"arn:aws:iam::444455556666:user/eve\n{APP}"),
    made_by("a space", APP + " \n"),
    made_by("a separator of lines", APP + "\u2028"),
    made_by("no character", APP + "\0/"),
    made_by("a letter of another case", APP.replace("support-app", "Support-App")),
    made_by("capital letters", APP.upper()),
    made_by("a letter that looks alike", APP.replace("support", "suppоrt")),
    made_by("another session", APP.replace("i-0abc", "eve")),
    made_by("a session below the session", APP + "/i-0abc"),
    made_by("a session with a colon", APP + ":x"),
    made_by("a role with a longer name", APP.replace("support-app", "support-app-2")),
    made_by("a role that ends so", APP.replace("support-app", "my-support-app")),
    made_by("a role of a path", APP.replace("support-app", "path/support-app")),
    made_by("the role itself", f"arn:aws:iam::{ACCOUNT}:role/support-app"),
    made_by("another service", APP.replace(":sts:", ":iam:")),
    made_by("another user", f"arn:aws:iam::{ACCOUNT}:user/team/anabel"),
    made_by("the root", f"arn:aws:iam::{ACCOUNT}:root"),
    made_by("a pattern", f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/*"),
    made_by(f'{{"identity": {{"arn": "{APP}"}}}}', "arn:aws:iam::444455556666:user/eve"),
    made_by("in the metadata", None, metadata={**ROUTE, "identity": APP, "identity.arn": APP, "arn": APP}),
    made_by("in the metadata as an object", None, metadata={**ROUTE, "identity": {"arn": APP}}),
    record({**converse("in the body"), "identity": {"arn": APP}}, reply("x"), identity={"arn": ""}),
]
"""Other fields with which a record may claim who made its call."""
