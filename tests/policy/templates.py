"""All templates of an environment: resources, policy statements, and the targets of references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A synthesized stack. `name` is CloudFormation's name; `part` is the name without the environment."""

    name: str
    part: str
    region: str
    account: str
    template: Json
    protected: bool = False

    @property
    def resources(self) -> Json:
        found: Json = self.template.get("Resources", {})
        return found

    @property
    def owner(self) -> str:
        """The account as `rendered` writes it for this stack's template."""
        return self.account if self.account.isdigit() else "<AWS::AccountId>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a template. `definition` also contains DeletionPolicy and other attributes."""

    stack: Stack
    id: str
    definition: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.definition["Type"])

    @property
    def properties(self) -> Json:
        found: Json = self.definition.get("Properties", {})
        return found

    def __str__(self) -> str:
        return f"{self.stack.part}/{self.id}"


@dataclass(frozen=True, slots=True)
class EnvironmentTemplates:
    """Every stack of one environment."""

    stacks: tuple[Stack, ...]

    def resources(self, *kinds: str) -> Iterator[Resource]:
        """Yields the resources of these types, or all without a type."""
        for stack in self.stacks:
            for ident, definition in stack.resources.items():
                if not kinds or definition["Type"] in kinds:
                    yield Resource(stack=stack, id=ident, definition=definition)

    def statements(self, *kinds: str) -> Iterator[tuple[Resource, Json]]:
        """Yields every policy statement, wherever it is in a resource."""
        for resource in self.resources(*kinds):
            for statement in statements_of(resource.definition):
                yield resource, statement

    def find(self, stack: Stack, value: Any) -> Resource | None:
        """Returns the resource that the first reference in a value refers to, across stacks too."""
        for function, argument in _references(value):
            if function == "Fn::GetStackOutput":
                return self._output(argument)
            ident = argument[0] if function == "Fn::GetAtt" else argument
            if ident in stack.resources:
                return Resource(stack=stack, id=ident, definition=stack.resources[ident])
        return None

    def _output(self, argument: Mapping[str, str]) -> Resource | None:
        for stack in self.stacks:
            if (stack.name, stack.region) == (argument["StackName"], argument["Region"]):
                return self.find(stack, stack.template["Outputs"][argument["OutputName"]]["Value"])
        return None


def single_stack(resources: Json, *, region: str = "us-east-1", **sections: Any) -> EnvironmentTemplates:
    """Returns templates with one small stack, to make a rule fail."""
    template = {"Resources": resources, **sections}
    return EnvironmentTemplates((Stack(name="x-broken", part="broken", region=region, account="", template=template),))


def rendered(value: Any) -> str:
    """Returns a value as text: joins resolved, each reference in angle brackets."""
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(map(rendered, parts))
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::GetStackOutput": output}:
            return f"<{output['StackName']}.{output['OutputName']}>"
        case {"Fn::Sub": text}:
            return str(text).replace("${", "<").replace("}", ">")
    return str(value)


def as_list(value: Any) -> list[Any]:
    """Wraps a single value into a list. CloudFormation accepts both."""
    return value if isinstance(value, list) else [value]


def statements_of(value: Any) -> Iterator[Json]:
    """Yields policy statements anywhere within a value."""
    if isinstance(value, dict):
        if "Effect" in value and value.keys() & {"Action", "NotAction"}:
            yield value
        for each in value.values():
            yield from statements_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from statements_of(each)


def allows(statement: Json, action: str) -> bool:
    return statement["Effect"] == "Allow" and action in as_list(statement.get("Action", []))


def condition(statement: Json, key: str, *operators: str) -> list[Any]:
    """Returns the values of a condition key in a statement, under any of the operators."""
    tests = statement.get("Condition", {})
    return [value for operator in operators for value in as_list(tests.get(operator, {}).get(key, []))]


def occurrences(value: Any, key: str) -> Iterator[Any]:
    """Yields the values of a key anywhere within a value."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for each in value.values():
            yield from occurrences(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from occurrences(each, key)


def _references(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("Ref", "Fn::GetAtt", "Fn::GetStackOutput"):
                yield key, each
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
