"""Batch inference and evaluation jobs: supported models and Regions, metrics, and quotas.

User Guide, batch-inference-supported (US Regions; it lists no custom model that is simulated here), and General
Reference, "Amazon Bedrock endpoints and quotas": at least 100 records in a job for every model here; 1 GB a file, 5 GB
a job (an older copy of the same page). The maximum of records and of concurrent jobs (50,000 and 20) are from memory:
UNVERIFIED.

User Guide, evaluation-judge (of its list, the models that are simulated here, except Nova 2 Lite, whose model card says
that model evaluation does not support it) and model-evaluation-metrics; General Reference, "(Evaluation)" quotas. The
quota of three metrics per dataset is older than evaluator models, which have eleven: here it applies to programmatic
jobs only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bedrock_simulator.catalog import availability

MIN_RECORDS, MAX_RECORDS = 100, 50_000
MAX_FILE_BYTES, MAX_JOB_BYTES = 1024**3, 5 * 1024**3
MAX_BATCH_JOBS = 20
_EAST, _WEST = frozenset({"us-east-1"}), frozenset({"us-west-2"})
_EAST2 = frozenset({"us-east-2"})
_THREE = _EAST | _EAST2 | _WEST
_FOUR = _THREE | {"us-west-1"}


@dataclass(frozen=True, slots=True)
class BatchRegions:
    """The Regions where a model is called by its own ID, and those where it is called through its `us.` profile."""

    model_id: frozenset[str] = frozenset()
    profile: frozenset[str] = frozenset()


BATCH_REGIONS: Mapping[str, BatchRegions] = {
    "amazon.nova-2-lite-v1:0": BatchRegions(profile=_FOUR),
    "amazon.nova-lite-v1:0": BatchRegions(_EAST, _FOUR),
    "amazon.nova-micro-v1:0": BatchRegions(_EAST, _THREE),
    "amazon.nova-premier-v1:0": BatchRegions(profile=_THREE),
    "amazon.nova-pro-v1:0": BatchRegions(_EAST, _FOUR),
    "anthropic.claude-3-haiku-20240307-v1:0": BatchRegions(_EAST | _WEST),
    "anthropic.claude-3-5-haiku-20241022-v1:0": BatchRegions(_WEST, _EAST),
    "anthropic.claude-3-5-sonnet-20240620-v1:0": BatchRegions(_THREE, _EAST | _WEST),
    "anthropic.claude-3-5-sonnet-20241022-v2:0": BatchRegions(_WEST, _THREE),
    "anthropic.claude-haiku-4-5-20251001-v1:0": BatchRegions(profile=_FOUR),
    "meta.llama3-1-405b-instruct-v1:0": BatchRegions(_WEST),
    "meta.llama3-1-70b-instruct-v1:0": BatchRegions(_WEST, _EAST | _WEST),
    "meta.llama3-1-8b-instruct-v1:0": BatchRegions(_WEST, _EAST | _WEST),
    "meta.llama3-2-1b-instruct-v1:0": BatchRegions(profile=_EAST | _WEST),
    "meta.llama3-2-3b-instruct-v1:0": BatchRegions(profile=_EAST | _WEST),
    "meta.llama3-3-70b-instruct-v1:0": BatchRegions(_EAST2, _THREE),
}


def supports_batch(model: str, region: str, today: date, *, profile: bool) -> bool:
    """Whether a job may call the model from the Region on that day, apart from the model's life cycle."""
    where = BATCH_REGIONS.get(model, BatchRegions())
    if profile:
        return region in where.profile and today >= availability.BATCH_PROFILES
    return region in where.model_id


EVALUATOR_MODELS = frozenset(
    {
        "amazon.nova-pro-v1:0",
        "amazon.nova-micro-v1:0",
        "amazon.nova-premier-v1:0",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "anthropic.claude-3-5-haiku-20241022-v1:0",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "meta.llama3-1-70b-instruct-v1:0",
    }
)
CUSTOM_METRIC_EVALUATORS = EVALUATOR_MODELS | {"meta.llama3-3-70b-instruct-v1:0"}
JUDGE_METRICS = frozenset(
    f"Builtin.{name}"
    for name in (
        *("Correctness", "Completeness", "Faithfulness", "Helpfulness", "Coherence", "Relevance"),
        *("FollowingInstructions", "ProfessionalStyleAndTone", "Harmfulness", "Stereotyping", "Refusal"),
    )
)
COMPUTED_METRICS = frozenset({"Builtin.Accuracy", "Builtin.Robustness", "Builtin.Toxicity"})
MAX_CONCURRENT_EVALUATIONS, MAX_EVALUATION_JOBS = 20, 5_000
MAX_PROMPTS, MAX_PROMPT_BYTES = 1_000, 4 * 1024
MAX_COMPUTED_METRICS = 3
