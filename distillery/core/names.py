"""Names that stacks, functions, the command and the other Region must agree on.

The patterns are from the Bedrock API (CreateModelCustomizationJob, CreateProvisionedModelThroughput,
CreateCustomModelDeployment): 1-63 characters; letters, digits and single hyphens satisfy all of them.
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
CANARY_NAME = re.compile(r"-canary-[a-z2-7]{8}$")
PROMPTS_PREFIX = "prompts/"
UPLOADS_PREFIX = "uploads/"
COLLECTED_PREFIX = "collected/"
"""Prefix of the prompts bucket. Only the collection stage may write below it; operators may write below the two
prefixes above."""
DATASETS_PREFIX = "datasets/"
TRAINING_FILE, HELDOUT_FILE = "train.jsonl", "heldout.jsonl"
"""The prompts of a data set, in its folder `datasets/<recipe>/<digest>/`."""
EVALUATIONS_PREFIX = "evaluations/"
JOBS_PREFIX = "jobs/"
REPORTS_PREFIX = "reports/"
GOLDEN_PREFIX = "golden/"
"""Prefix of both buckets for golden sets, which people use to judge models for years and which never expire. In the
prompts bucket only examiners write below `golden/<recipe>/`, and it starts no run: whoever uploads prompts writes no
golden set."""

SYSTEM_PROMPTS_PREFIX = "system-prompts/"
"""Prefix of the data bucket for the system prompts of students, which callers of routes read. Only promotion writes
below it."""

PENDING_RECORDS_PREFIX = "pending-records/"
"""Prefix of the data bucket for signed records of students that are not live yet. Only signing writes below it, only
promotion reads it, and no policy for people has it: whoever had such a record could promote the student."""

PROMPTS_BY_RECIPE = (PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX, GOLDEN_PREFIX)
DATA_BY_RECIPE = (DATASETS_PREFIX, REPORTS_PREFIX, GOLDEN_PREFIX, SYSTEM_PROMPTS_PREFIX)
DATA_BY_RUN = (EVALUATIONS_PREFIX, JOBS_PREFIX)
"""All prefixes below which texts are stored, by what has folders there. A new prefix must be added here, or
`distillery forget` and its policy miss it."""

DIRECT = "logs.json"
"""The object that replaces prompts where a job reads logs itself. It is valid only below COLLECTED_PREFIX, in a
folder of its own within the recipe's."""

TAG_ENVIRONMENT = "distillery:environment"
TAG_RECIPE = "distillery:recipe"
TAG_RUN = "distillery:run"
TAG_ROUTE = "distillery:route"
"""The tag of a route's profiles and of the live endpoint of `distilled/<recipe>`, and a key of request metadata. It
lets callers in, so a candidate never has it."""

TAG_LEASE_PREFIX = "distillery:lease/"
"""Begins the key of a tag that keeps a model, because the environment that the key names uses it
(`distillery/core/model_leases`)."""

MADE_BY_A_RUN = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN)
MADE_LIVE = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE)
"""The tags of jobs, models and candidates, and of live endpoints, besides a recipe's own tags."""

TAG_TEAM = "distillery:team"
TAG_COST_CENTRE = "distillery:cost-centre"
URL_ALIAS = "url"
"""The alias of the invoke function whose URL identifies callers. Invocations of it have come through the URL."""

DISTILLED_PREFIX = "distilled/"
"""Prefix of the names of routes to live endpoints."""

FOUNDATION = "foundation"
"""The name of the stack in the home Region that keeps the data."""

LOGGING_OWNER = "/distillery/logging-owner"
"""The SSM parameter with the owner of the logging configuration of an account and Region."""

METADATA_SIDE = "distillery:side"
"""Request metadata of the invoke function, besides its environment and TAG_ROUTE: whether the prompt is for training
or held out (`distillery/core/holdout`). The product's own calls have TAG_RUN."""

DIMENSION_ENVIRONMENT, DIMENSION_MODEL = "Environment", "Model"
"""Dimensions of the metrics about an environment."""

METRIC_PROMPTS_LOGGED = "PromptsLogged"
"""The metric that counts the requests that the invoke function logged with prompt and reply."""


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, as hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short(hexadecimal: str, length: int) -> str:
    """The first `length` characters of a digest in lower-case base 32: 5 bits each, valid in every Bedrock name."""
    return base64.b32encode(bytes.fromhex(hexadecimal)).decode().lower()[:length]


def is_canary(endpoint: str) -> bool:
    """Whether an endpoint of that name is a canary's (`Names.canary`)."""
    return CANARY_NAME.search(endpoint) is not None


def run_id(*, recipe: str, recipe_digest: str, dataset_digest: str, attempt: int) -> str:
    """`support-k3x9a-p0q2m7ab-1`: recipe, digest of the recipe, digest of the prompts, attempt."""
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

    @property
    def judge_prefix(self) -> str:
        """Of the names of evaluation jobs, in which judges rate answers."""
        return f"{self.prefix}judge-"

    def stack(self, part: str) -> str:
        return f"distillery-{self.environment}-{part}"

    def resource_prefix(self, part: str) -> str:
        """The prefix of the names that CloudFormation generates for a stack's resources. It shortens the stack's
        name, to no less than this (observed, not documented)."""
        return self.stack(part)[:24]

    @property
    def key_alias(self) -> str:
        return f"alias/distillery-{self.environment}"

    @property
    def trail(self) -> str:
        """The trail of data events in each Region, referred to by name."""
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
        """The SSM parameter, in the inference Region, with the map of a route."""
        return self.parameter("routes", route)

    def probed(self, route: str) -> str:
        """The path of SSM parameters, in the inference Region, with the results of probing a route."""
        return f"{self.all_probed}/{route}/*"

    @property
    def all_probed(self) -> str:
        """The path of those of every route."""
        return self.parameter("probed")

    @property
    def pipeline(self) -> str:
        """The SSM parameter, in the home Region, with the locations that the command needs."""
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
    def model_dates(self) -> str:
        """The SSM parameter, in the home Region, with the findings about the life cycles of models."""
        return self.parameter("model-dates")

    @property
    def first_contact(self) -> str:
        """The SSM parameter, in the home Region, with what AWS answered to `distillery doctor --ask-aws`."""
        return self.parameter("first-contact")

    @property
    def promoted(self) -> str:
        """The SSM parameter, in the home Region, with the commit and the templates that `make deploy` deployed."""
        return self.parameter("promoted")

    @property
    def drift(self) -> str:
        """The SSM parameter, in the home Region, with what the drift watch has notified."""
        return self.parameter("drift")

    @property
    def written(self) -> tuple[str, ...]:
        """The SSM parameters of the home Region, besides aliases, that no template contains."""
        return (self.drift, self.first_contact, self.model_dates, self.promoted)

    @property
    def logs_database(self) -> str:
        """The Glue database: letters, digits and underscores, so that Athena accepts the name without quotes."""
        return f"distillery_{self.environment.replace('-', '_')}_logs"

    @property
    def workgroup(self) -> str:
        return f"distillery-{self.environment}-logs"

    def month_budget(self, recipe: str) -> str:
        """The AWS Budget of a recipe, unique in an account, because notifications contain its name."""
        return f"distillery_{self.environment}_{recipe}"

    @property
    def environment_budget(self) -> str:
        """The AWS Budget of the environment. No recipe's has this name: they have a further part."""
        return f"distillery_{self.environment}"

    def job(self, run: str, *, restarted: bool = False) -> str:
        """The job's name, and that of its custom model: one job makes one model. A job that is restarted needs a new
        name, because the name of a job stays taken."""
        return f"{self.prefix}{run}{'-restarted' if restarted else ''}"

    def candidate(self, run: str) -> str:
        return f"{self.prefix}{run}-candidate"

    def canary(self, holder: str) -> str:
        """The endpoint of a canary. Another canary has another one: the first one's may still be being deleted."""
        return f"{self.prefix}canary-{short(digest(holder), 8)}"

    def live(self, recipe: str, base: str) -> str:
        """The live endpoint of a recipe and base model. A model of another base needs another endpoint."""
        return f"{self.prefix}{recipe}-live-{short(digest(base), 5)}"
