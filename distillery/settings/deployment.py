"""The table [deployment]: the GitHub repository whose workflows may deploy an environment."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$")]
ConnectionArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]+$"
    ),
]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]+$")]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]+$")]


class GitHubDeployment(BaseModel):
    """The repository that deploys this environment, and its ids, which outlive its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: Repository = Field(description="the repository of GitHub as owner/name, such as 'acme/distillery'")
    repository_id: int = Field(
        description="a whole number: the repository's id, which GitHub never gives to another", ge=1, strict=True
    )
    owner_id: int = Field(
        description="a whole number: the id of the organization or user that owns the repository", ge=1, strict=True
    )
    branch: Branch = Field(default="main", description="the branch that is deployed")
    create_provider: bool = Field(
        default=True,
        description="true or false: whether the account's identity provider for GitHub is created, or exists already",
    )

    connection: ConnectionArn | None = Field(
        default=None,
        description="the ARN of a connection of AWS CodeConnections to the repository, in the account and Region of a "
        "pipeline of AWS CodePipeline that may deploy this environment",
    )
    deploy_role: RoleArn | None = Field(
        default=None, description="the output DeployRoleArn of `make deployers`, which that pipeline assumes"
    )

    @property
    def delivery_account(self) -> str:
        """The account of the pipeline; empty without one."""
        return self.connection.split(":")[4] if self.connection else ""

    @staticmethod
    def delivery_role(environment: str) -> str:
        """The name of the role by which the pipeline deploys an environment."""
        return f"distillery-delivery-{environment}"

    def subjects(self, of: str) -> tuple[str, str]:
        """The claim `sub` of a token, such as of `environment:prod`, in both forms that GitHub issues.

        Repositories created or renamed since 2026-07-15 have ids in it
        (github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens).
        """
        owner, name = self.repository.split("/")
        return f"repo:{owner}/{name}:{of}", f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}:{of}"

    @property
    def ref(self) -> str:
        """The claim `ref` of a token for the branch."""
        return f"refs/heads/{self.branch}"
