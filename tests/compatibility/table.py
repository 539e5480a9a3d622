"""The packages of `make compatibility`, the file of its results, and the table that the simulator's README shows."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
README = FOLDER.parents[1] / "packages/bedrock-simulator/README.md"
BEGIN, END = "<!-- compatibility: written by `make compatibility` -->", "<!-- end of compatibility -->"
CAPABILITIES = {
    "converse": "converse",
    "stream": "stream",
    "tools": "tools",
    "structured": "structured output",
    "custom": "custom ARN",
}
NOT_RUN = "not run"  # of a capability that the script does not try, or of a package that could not be started


@dataclass(frozen=True, slots=True)
class Package:
    """A package, the script that uses it, and the environment that has it (None: node)."""

    name: str
    distribution: str
    script: str
    environment: str | None = None


_AIO, _OWN, _SNIPPETS = ".venv-compatibility-aio", ".venv-compatibility", ".venv-snippets"
PACKAGES = (
    Package("boto3", "boto3", "use_boto3.py", _SNIPPETS),
    Package("aioboto3", "aioboto3", "use_aioboto3.py", _AIO),
    Package("AWS CLI", "awscli", "use_awscli.py", _SNIPPETS),
    Package("AWS SDK for JavaScript", "@aws-sdk/client-bedrock-runtime", "use_aws_sdk.js"),
    Package("LiteLLM", "litellm", "use_litellm.py", _SNIPPETS),
    Package("langchain-aws", "langchain-aws", "use_langchain_aws.py", _SNIPPETS),
    Package("LangChain.js", "@langchain/aws", "use_langchain.js"),
    Package("Strands", "strands-agents", "use_strands.py", _SNIPPETS),
    Package("LlamaIndex", "llama-index-llms-bedrock-converse", "use_llama_index.py", _AIO),
    Package("pydantic-ai", "pydantic-ai-slim", "use_pydantic_ai.py", _OWN),
    Package("Anthropic 1.x", "anthropic", "use_anthropic.py", ".venv-compatibility-anthropic-1"),
    Package("Anthropic 2.x", "anthropic", "use_anthropic.py", _OWN),
    Package("instructor", "instructor", "use_instructor.py", _OWN),
    Package("Haystack", "amazon-bedrock-haystack", "use_haystack.py", _AIO),
    Package("Semantic Kernel", "semantic-kernel", "use_semantic_kernel.py", _AIO),
    Package("AI SDK", "@ai-sdk/amazon-bedrock", "use_ai_sdk.js"),
)


def table(results: dict[str, Any]) -> str:
    """The results as Markdown: a row for each package."""
    lines = [f"Run on {results['day']}.", "", f"| package | version | {' | '.join(CAPABILITIES.values())} |"]
    lines.append("|---" * (len(CAPABILITIES) + 2) + "|")
    for package in PACKAGES:
        found = results["packages"].get(package.name, {})
        cells = [found.get(capability, NOT_RUN) for capability in CAPABILITIES]
        lines.append(
            f"| {package.name} | `{package.distribution}` {found.get('version', NOT_RUN)} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def with_table(readme: str, results: dict[str, Any]) -> str:
    """The README with the table of the results between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(results)}\n{END}{after}"


def recorded() -> dict[str, Any]:
    """The results of the last run."""
    read: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return read
