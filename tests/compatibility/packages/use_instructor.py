"""instructor: its provider `bedrock`, in the modes of tools and of a JSON schema. It does not stream from Bedrock."""

from typing import Any, Literal

import instructor
from given import CLAUDE, CUSTOM, NOVA, REGION, TEXT, city, label, report
from pydantic import BaseModel

ASKED: Any = [{"role": "user", "content": TEXT}]


class Place(BaseModel):
    """A city."""

    city: Literal["Basel", "Bern"]


def said(identifier: str, mode: Any) -> Any:
    client: Any = instructor.from_provider(f"bedrock/{identifier}", mode=mode, region=REGION)
    return client.create(messages=ASKED, response_model=Place, max_retries=1).model_dump()


def converse() -> None:
    client: Any = instructor.from_provider(f"bedrock/{NOVA}", mode=instructor.Mode.TOOLS, region=REGION)
    reply = client.create(messages=ASKED, response_model=None)
    label(reply["output"]["message"]["content"][0]["text"])


report(
    converse=converse,
    tools=lambda: city(said(NOVA, instructor.Mode.TOOLS)),
    structured=lambda: city(said(CLAUDE, instructor.Mode.JSON_SCHEMA)),
    custom=lambda: city(said(CUSTOM, instructor.Mode.TOOLS)),
)
