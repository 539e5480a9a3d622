"""delivery: a pipeline of AWS CodePipeline that promotes one commit from dev over staging to prod, for teams without
GitHub's workflows.

It runs the commands of `.github/workflows/promote.yml` and `deploy.yml`. A person deploys it, with
`-c pipelines=true`, in the account and Region of its connection: it does not change itself, as no promotion may change
who promotes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Arn, ArnFormat, Duration, Environment, RemovalPolicy, Stack, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from distillery.settings import Settings
from distillery.settings.deployment import GitHubDeployment
from infra.constructs import compliance
from infra.constructs.bucket import Bucket, LogBucket
from infra.constructs.compliance import flat

NAME = "distillery-delivery"
SYNTHESIZES = ("make install", "make assemblies")
DEPLOYS = ("make install", "make assume-role", "make doctor", "make deploy", "make doctor")
"""What `.github/workflows` runs; there, `make web-identity` gets the role."""
APPROVED = "prod"
"""The environment that a person approves."""
_PYTHON, _NODE = "3.13", "22"
"""Of the build image; `make install` needs Python 3.11 or newer, and the CDK a Node.js that is supported."""
_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
"""Which releases of Python and Node.js it has was not tried (UNVERIFIED)."""
_ARTIFACT_DAYS = 30
_LONGEST = Duration.minutes(90)
_WILDCARD, _INLINE = "AwsSolutions-IAM5", "NIST.800.53.R5-IAMNoInlinePolicy"
_GRANTED = (
    *("kms:GenerateDataKey*", "kms:ReEncrypt*"),
    *("s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*"),
)
_OWN = re.compile(r"^<Artifacts\w+\.Arn>/\*$|:(log-group:/aws/codebuild/|report-group/)<\w+>[:-]\*$")
"""What the CDK's grants name with a wildcard: objects of this stack's bucket, and logs and reports of its projects."""
_OF_ONE_ROLE = (
    "The policy belongs to one role and is deleted with it; each role has what one step of the pipeline needs."
)
_MADE_BY_CDK = "The CDK grants its own pipeline these actions, on this stack's own bucket, key, projects and logs."


class DeliveryPipeline(Stack):
    """The pipeline, with the key and the bucket of its artifacts.

    `deployments` are the tables of the environments, in the order in which they are promoted.
    """

    def __init__(self, scope: Construct, *, deployments: Mapping[str, GitHubDeployment], settings: Settings) -> None:
        first = next(iter(deployments.values()))
        where = Arn.split(str(first.connection), ArnFormat.SLASH_RESOURCE_NAME)
        super().__init__(
            scope,
            NAME,
            env=Environment(account=where.account, region=where.region),
            description="Distillery: promotes one commit through all environments",
            tags=dict(settings.cost_tags),
        )
        self._key = kms.Key(
            self,
            "Key",
            description="Artifacts and logs of the pipeline that promotes Distillery",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        access = LogBucket(self, "AccessLogs", keep_data=True)
        artifacts = Bucket(
            self, "Artifacts", key=self._key, logs=access.bucket, keep_data=True, keep_days=_ARTIFACT_DAYS
        )
        self._logs = logs.LogGroup(self, "Logs", encryption_key=self._key, retention=logs.RetentionDays.THREE_MONTHS)
        source = pipelines.CodePipelineSource.connection(
            first.repository, first.branch, connection_arn=str(first.connection), trigger_on_push=True
        )
        synth = self._step("Synth", SYNTHESIZES, source, primary_output_directory="cdk.out")
        self.pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            synth=synth,
            self_mutation=False,
            code_pipeline=codepipeline.Pipeline(
                self,
                "Delivery",
                pipeline_name=NAME,
                pipeline_type=codepipeline.PipelineType.V2,
                execution_mode=codepipeline.ExecutionMode.QUEUED,  # a deployment is never cancelled half-way
                artifact_bucket=artifacts.bucket,
            ),
        )
        for environment, deployment in deployments.items():
            self._promote(environment, deployment, source, synth)
        self.pipeline.build_pipeline()
        self._acknowledge()

    def _promote(
        self,
        environment: str,
        deployment: GitHubDeployment,
        source: pipelines.CodePipelineSource,
        synth: pipelines.CodeBuildStep,
    ) -> None:
        """A wave that deploys the environment's assembly, by the role that its account declares for that."""
        role = iam.Role(
            self,
            f"Role{environment}",
            role_name=deployment.delivery_role(environment),
            assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
            description=f"Deploys {environment}: assumes the role of its account",
        )
        role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[str(deployment.deploy_role)]))
        step = self._step(
            f"Deploy-{environment}",
            DEPLOYS,
            source,
            additional_inputs={"cdk.out": synth},
            role=role,
            env={
                "ENV": environment,
                "CI": "true",
                "DEPLOY_ROLE": str(deployment.deploy_role),
                "AWS_CONFIG_FILE": ".build/aws-config",
            },
        )
        wave = self.pipeline.add_wave(environment)
        if environment == APPROVED:
            approval = pipelines.ManualApprovalStep("Approve", comment=f"Promote this commit to {environment}?")
            step.add_step_dependency(approval)
            wave.add_pre(approval)
        wave.add_post(step)

    def _step(
        self, ident: str, commands: Sequence[str], source: pipelines.CodePipelineSource, **more: Any
    ) -> pipelines.CodeBuildStep:
        versions = {"runtime-versions": {"python": _PYTHON, "nodejs": _NODE}}
        variables = {"PYTHON": f"python{_PYTHON}", **more.pop("env", {})}
        return pipelines.CodeBuildStep(
            ident,
            input=source,
            commands=list(commands),
            env=variables,
            timeout=_LONGEST,
            partial_build_spec=codebuild.BuildSpec.from_object({"phases": {"install": versions}}),
            build_environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.from_code_build_image_id(_IMAGE),
                compute_type=codebuild.ComputeType.MEDIUM,
                privileged=False,
            ),
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self._logs)),
            **more,
        )

    def _acknowledge(self) -> None:
        """The wildcards in the policies of the CDK's own grants, each by its name; another one is a finding."""
        for construct in self.node.find_all():
            if isinstance(construct, iam.Policy):
                statements = self.resolve(construct.document.to_json())["Statement"]
                actions = {action for each in statements for action in _listed(each["Action"])}
                resources = [flat(resource) for each in statements for resource in _listed(each["Resource"])]
                wide = {f"{_WILDCARD}[Action::{action}]" for action in actions.intersection(_GRANTED)}
                wide |= {f"{_WILDCARD}[Resource::{each}]" for each in resources if _OWN.search(each)}
                compliance.acknowledge(construct, {_INLINE: _OF_ONE_ROLE, **dict.fromkeys(sorted(wide), _MADE_BY_CDK)})


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
