"""Names that more than one place must agree on: stacks, functions, the command line, and the other Region.

Patterns come from the Bedrock API (CreateModelCustomizationJob, CreateProvisionedModelThroughput,
CreateCustomModelDeployment): 1-63 characters, letters, digits and single hyphens satisfy all of them.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

ENVIRONMENT_MAX = 10
RECIPE_MAX = 20
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PROMPTS_PREFIX = "prompts/"
UPLOADS_PREFIX = "uploads/"
COLLECTED_PREFIX = "collected/"
"""Of the prompts bucket: the collection stage alone may write there, and no person. Permissions of operators name the
two prefixes above."""
DATASETS_PREFIX = "datasets/"
EVALUATIONS_PREFIX = "evaluations/"
JOBS_PREFIX = "jobs/"
REPORTS_PREFIX = "reports/"
GOLDEN_PREFIX = "golden/"
"""In either bucket: sets that people judge models by for years; nothing there ends by itself. In the prompts bucket,
`golden/<recipe>/`, examiners alone write them, and nothing starts a run: whoever uploads prompts writes no exam."""

PROMPTS_BY_RECIPE = (PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX, GOLDEN_PREFIX)
DATA_BY_RECIPE = (DATASETS_PREFIX, REPORTS_PREFIX, GOLDEN_PREFIX)
DATA_BY_RUN = (EVALUATIONS_PREFIX, JOBS_PREFIX)
"""All that holds texts in the prompts and the data bucket, by what each has folders for. A new prefix belongs here, or
`distillery forget` and its policy pass it by."""

DIRECT = "logs.json"
"""Under COLLECTED_PREFIX, in a folder of its own within the recipe's: what stands in place of prompts where a job reads
logs. Anywhere else it is refused."""

TAG_ENVIRONMENT = "distillery:environment"
TAG_RECIPE = "distillery:recipe"
TAG_RUN = "distillery:run"
TAG_ROUTE = "distillery:route"
"""Of a route's profiles, of the live endpoint that answers under `distilled/<recipe>` (never of a candidate: it is what
lets callers in), and among what a request says of itself."""

MADE_BY_A_RUN = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN)
MADE_LIVE = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE)
"""The tags of jobs, models and candidates, and those of live endpoints; a recipe's own come beside them."""

TAG_TEAM = "distillery:team"
TAG_COST_CENTRE = "distillery:cost-centre"
URL_ALIAS = "url"
"""Of the invoke function, where it matters who asks: its URL stands there, and whoever invokes it came by the URL."""

DISTILLED_PREFIX = "distilled/"
"""Of the name of the route to a recipe's live endpoint."""

FOUNDATION = "foundation"
"""The part whose stack in the home Region keeps the data."""

LOGGING_OWNER = "/distillery/logging-owner"
"""The SSM parameter that says, once for an account and Region, whose its logging configuration is."""

METADATA_SIDE = "distillery:side"
"""What the invoke function says of a call beside its environment and TAG_ROUTE: on which side of a direct job's verdict
its prompt stands (`distillery/core/holdout`). The product's own calls say TAG_RUN."""

METRIC_PROMPTS_LOGGED = "PromptsLogged"
"""Of an environment: how many requests the invoke function wrote to its log, prompt and reply."""


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, as hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short(hexadecimal: str, length: int) -> str:
    """The first letters of a digest in lower-case base 32: 5 bits each, safe in every Bedrock name."""
    return base64.b32encode(bytes.fromhex(hexadecimal)).decode().lower()[:length]


def run_id(*, recipe: str, recipe_digest: str, dataset_digest: str, attempt: int) -> str:
    """`support-k3x9a-p0q2m7ab-1`: sorts by recipe, says which prompts, and which attempt at them."""
    return f"{recipe}-{short(recipe_digest, 5)}-{short(dataset_digest, 8)}-{attempt}"


def recipe_of(run: str) -> str:
    """The recipe that a run id belongs to."""
    return run.rsplit("-", 3)[0]


def token(*parts: str) -> str:
    """An idempotency token (`clientRequestToken`, 1-256 letters, digits, hyphens) that derives from its parts."""
    return digest(list(parts))[:48]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one environment, such as `dev`."""

    environment: str

    @property
    def prefix(self) -> str:
        return f"{self.environment}-"

    def stack(self, part: str) -> str:
        return f"distillery-{self.environment}-{part}"

    def begins(self, part: str) -> str:
        """How the names begin that CloudFormation makes for a stack's resources: with the stack's, of which as much is
        sure whatever it cuts (as seen, not documented)."""
        return self.stack(part)[:24]

    @property
    def key_alias(self) -> str:
        return f"alias/distillery-{self.environment}"

    @property
    def trail(self) -> str:
        """Of data events, in each Region: known by name to what admits it."""
        return f"distillery-{self.environment}-trail"

    @property
    def metric_namespace(self) -> str:
        return "Distillery"

    def parameter(self, *path: str) -> str:
        return "/".join(("", "distillery", self.environment, *path))

    def alias(self, recipe: str) -> str:
        """The SSM parameter, in the home Region, that only promotion writes."""
        return self.parameter("alias", recipe)

    def route(self, route: str) -> str:
        """The SSM parameter, in the inference Region, that tells callers of a route what to call."""
        return self.parameter("routes", route)

    def probed(self, route: str) -> str:
        """The folder of SSM parameters, in the inference Region, that say what probes of a route found."""
        return self.parameter("probed", route, "*")

    @property
    def pipeline(self) -> str:
        """The SSM parameter, in the home Region, that tells the command line where things are."""
        return self.parameter("pipeline")

    @property
    def serving(self) -> str:
        """The SSM parameter, in the inference Region, that names the invoke function."""
        return self.parameter("serving")

    @property
    def collection(self) -> str:
        """The SSM parameter, in the inference Region, that names the collect function."""
        return self.parameter("collection")

    @property
    def logs_database(self) -> str:
        """In Glue: letters, digits and underscores, as Athena takes a name without quotes."""
        return f"distillery_{self.environment.replace('-', '_')}_logs"

    @property
    def workgroup(self) -> str:
        return f"distillery-{self.environment}-logs"

    def month_budget(self, recipe: str) -> str:
        """The AWS Budget of a recipe, unique in an account: notices name it."""
        return f"distillery_{self.environment}_{recipe}"

    def job(self, run: str) -> str:
        """Also the custom model's name: one job makes one model."""
        return f"{self.prefix}{run}"

    def candidate(self, run: str) -> str:
        return f"{self.prefix}{run}-candidate"

    def live(self, recipe: str, base: str) -> str:
        """One live endpoint per recipe and base model: a model of another base cannot take its place."""
        return f"{self.prefix}{recipe}-live-{short(digest(base), 5)}"
