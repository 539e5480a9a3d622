"""What each verb prints with `--json`: one document, or for `watch` one on each line.

Every document has a `schema`, such as `distillery.status/1`. Keys may be added to a version, and none changes or goes.
docs/reference/json-output.md is generated from these types.
"""

from collections.abc import Mapping
from typing import Any

from distillery.cli.deletion_documents import CleanOutput, ModelsOutput, RetireOutput
from distillery.cli.doctor_documents import DoctorOutput
from distillery.cli.documents import (
    AcceptOutput,
    ApproveOutput,
    AskOutput,
    BenchOutput,
    CheckOutput,
    CollectOutput,
    ConvertOutput,
    EvaluateOutput,
    ForgetOutput,
    GoldenOutput,
    ProbeOutput,
    RejectOutput,
    ReportOutput,
    RollbackOutput,
    RoutesOutput,
    RunOutput,
    SnippetsOutput,
)
from distillery.cli.promote_documents import PromoteOutput, PromotionsOutput
from distillery.cli.record_documents import KeyOutput, VerifyOutput
from distillery.cli.run_documents import ResumeOutput, StatusOutput, StopOutput, WatchEvent
from distillery.core.serialization import to_wire

VERSION = 1
OUTPUTS: Mapping[str, type] = {
    "doctor": DoctorOutput,
    "check": CheckOutput,
    "convert": ConvertOutput,
    "run": RunOutput,
    "collect": CollectOutput,
    "status": StatusOutput,
    "watch": WatchEvent,
    "report": ReportOutput,
    "evaluate": EvaluateOutput,
    "stop": StopOutput,
    "resume": ResumeOutput,
    "golden": GoldenOutput,
    "verify": VerifyOutput,
    "key": KeyOutput,
    "promote": PromoteOutput,
    "promotions": PromotionsOutput,
    "approve": ApproveOutput,
    "accept": AcceptOutput,
    "reject": RejectOutput,
    "rollback": RollbackOutput,
    "models": ModelsOutput,
    "retire": RetireOutput,
    "clean": CleanOutput,
    "forget": ForgetOutput,
    "routes": RoutesOutput,
    "ask": AskOutput,
    "snippets": SnippetsOutput,
    "probe": ProbeOutput,
    "bench": BenchOutput,
}


def document(verb: str, value: Any) -> dict[str, Any]:
    """The document of a verb: an instance of its type, or a mapping with at least its keys."""
    return {"schema": name(verb), **to_wire(value)}


def name(verb: str) -> str:
    """`distillery.status/1`."""
    return f"distillery.{verb}/{VERSION}"


def json_schema(verb: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a verb's document, or of a line of `watch`. Later versions may have more keys."""
    import msgspec

    _, parts = msgspec.json.schema_components([OUTPUTS[verb]], ref_template="#/$defs/{name}")
    top = parts.pop(OUTPUTS[verb].__name__)
    properties = {"schema": {"const": name(verb)}, **top["properties"]}
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name(verb), **top}
    found |= {"properties": properties, "required": ["schema", *top["required"]]}
    return found | ({"$defs": parts} if parts else {})
