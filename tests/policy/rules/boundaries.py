"""What templates must not contain: cross-Region references, exports, foreign code, and inline code."""

import json

from tests.policy.rules.examples import resource
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import EnvironmentTemplates, occurrences, single_stack


def _output(region: str, name: str = "x-broken") -> EnvironmentTemplates:
    read = {"Fn::GetStackOutput": {"StackName": name, "Region": region, "OutputName": "KeyArn"}}
    return single_stack({"P": resource("AWS::SSM::Parameter", Value=read)}, Outputs={"KeyArn": {"Value": "arn"}})


@rule(other_region=_output("us-west-2"), other_environment=_output("us-east-1", "distillery-prod-foundation"))
def what_a_stack_reads_is_an_output_of_its_own_region_and_environment(templates: EnvironmentTemplates) -> Facts:
    own = {(stack.name, stack.region): set(stack.template.get("Outputs", {})) for stack in templates.stacks}
    for stack in templates.stacks:
        for read in occurrences(stack.template, "Fn::GetStackOutput"):
            there = own.get((read["StackName"], read["Region"]), set())
            yield f"{stack.part}: {read}", read["Region"] == stack.region and read["OutputName"] in there


@rule(
    imported=single_stack({"P": resource("AWS::SSM::Parameter", Value={"Fn::ImportValue": "x:Export"})}),
    exported=single_stack({}, Outputs={"O": {"Value": "x", "Export": {"Name": "x"}}}),
    written_across=single_stack({"W": resource("Custom::CrossRegionExportWriter")}),
    read_across=single_stack({"R": resource("Custom::CrossRegionExportReader")}),
    found_out_at_deployment=single_stack({}, Parameters={"P": {"Type": "AWS::SSM::Parameter::Value<String>"}}),
)
def nothing_is_exported_imported_or_carried_across_regions(templates: EnvironmentTemplates) -> Facts:
    for stack in templates.stacks:
        held = [name for name in ("Fn::ImportValue", "Export") if any(occurrences(stack.template, name))]
        carried = [kind for kind in occurrences(stack.template, "Type") if "CrossRegion" in str(kind)]
        parameters = set(stack.template.get("Parameters", {})) - {"BootstrapVersion"}
        yield f"{stack.part}: {held} {carried} {parameters}", not held and not carried and not parameters


_CODE = {"S3Bucket": "assets", "S3Key": "a.zip"}


@rule(
    node=single_stack(
        {"F": resource("AWS::Lambda::Function", Runtime="nodejs22.x", Handler="index.handler", Code=_CODE)}
    ),
    inline=single_stack(
        {
            "F": resource(
                "AWS::Lambda::Function",
                Runtime="python3.14",
                Handler="lambdas.x.handler.step",
                Code={"ZipFile": "def handler(): ..."},
            )
        }
    ),
    old_python=single_stack(
        {"F": resource("AWS::Lambda::Function", Runtime="python3.9", Handler="lambdas.x.handler.step", Code=_CODE)}
    ),
    not_of_this_house=single_stack(
        {"F": resource("AWS::Lambda::Function", Runtime="python3.14", Handler="index.handler", Code=_CODE)}
    ),
)
def every_function_is_python_of_this_house_from_a_parcel(templates: EnvironmentTemplates) -> Facts:
    for function in templates.resources("AWS::Lambda::Function"):
        said = function.properties
        ours = (
            said["Runtime"] == "python3.14"
            and said["Handler"].startswith("lambdas.")
            and set(said["Code"]) == set(_CODE)
        )
        yield str(function), ours


_CUSTOM = ("Custom::EmptiedBucket", "Custom::GuardedEnvironment", "Custom::InvocationLogging", "Custom::KeptRecipes")


@rule(
    provider=single_stack({"C": resource("AWS::CloudFormation::CustomResource")}),
    job=single_stack({"J": resource("Custom::DistillationJob")}),
    auto_delete=single_stack({"B": resource("Custom::S3AutoDeleteObjects")}),
    anything_by_the_sdk=single_stack({"A": resource("Custom::AWS")}),
)
def the_only_custom_resources_empty_buckets_own_the_logging_and_guard_removals(
    templates: EnvironmentTemplates,
) -> Facts:
    for found in templates.resources():
        custom = found.kind.startswith("Custom::") or found.kind == "AWS::CloudFormation::CustomResource"
        yield f"{found}: {found.kind}", not custom or found.kind in _CUSTOM


@rule(
    metadata=single_stack({"M": resource("AWS::CDK::Metadata")}),
    a_path=single_stack({"F": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "/home/me/checkout"}}}),
)
def no_template_tells_where_it_was_made(templates: EnvironmentTemplates) -> Facts:
    for stack in templates.stacks:
        text = json.dumps(stack.template)
        yield stack.part, not any(word in text for word in ("AWS::CDK::Metadata", "aws:asset:path", "/home/", "/tmp/"))  # noqa: S108 # looked for, not used
