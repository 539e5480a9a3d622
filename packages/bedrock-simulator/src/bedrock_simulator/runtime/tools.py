"""The tools of a request in Converse's format, which is that of Nova's own bodies too.

The messages for a choice that a model does not support and for a schema of another type are as users report them.
"""

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.runtime import conversation, output_format
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.output_format import OutputFormat, Tool


def check_tools(config: Params | None, most: Limits, *, streamed: bool) -> None:
    """Raises the service's error for tools that the model cannot have, or cannot be forced to call."""
    if config is None:
        return
    if not most.tools:
        raise errors.validation("This model doesn't support tool use.")
    if streamed and not most.tools_streamed:
        raise errors.validation("This model doesn't support tool use in streaming mode.")
    for choice in set(config.get("toolChoice", {})) - {"auto"} - most.tool_choices:
        field = f"toolConfig.toolChoice.{choice}"
        raise errors.validation(f"This model doesn't support the {field} field. Remove {field} and try again.")
    for at, tool in enumerate(config["tools"]):
        schema = tool.get("toolSpec", {}).get("inputSchema", {}).get("json", {"type": "object"})
        if not isinstance(schema, dict) or schema.get("type") != "object":
            where = f"toolConfig.tools.{at}.toolSpec.inputSchema.json.type"
            raise errors.validation(f"The value at {where} must be one of the following: object.")
    named = config.get("toolChoice", {}).get("tool", {}).get("name")
    if named is not None and named not in [tool.name for tool in read_tools(config)]:
        raise errors.validation(f"The toolChoice names {named}, which is not one of the tools. Name one of them.")


def read_tools(config: Params) -> list[Tool]:
    """The tools of a configuration that have a schema."""
    specs = [tool["toolSpec"] for tool in config.get("tools", []) if "toolSpec" in tool]
    return [Tool(spec["name"], spec["inputSchema"].get("json", {"type": "object"})) for spec in specs]


def tools_text(params: Params) -> str:
    """The definitions of tools, as they are counted."""
    tools = [tool for tool in params.get("toolConfig", {}).get("tools", []) if "cachePoint" not in tool]
    return "".join(conversation.counted(tool) for tool in tools)


def forced_tools(params: Params) -> OutputFormat:
    """The call of a tool that the request forces."""
    config: Params = params.get("toolConfig", {})
    choices: Params = config.get("toolChoice", {"auto": {}})
    tools = output_format.forced(read_tools(config), next(iter(choices)), choices.get("tool", {}).get("name"))
    return OutputFormat(tools, conversation.called_tools(params["messages"]))
