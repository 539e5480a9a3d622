"""Evaluation jobs: who may judge, by which metrics, and how much at once.

User Guide, evaluation-judge (of its list, the models that are simulated here) and model-evaluation-metrics; General
Reference, "(Evaluation)" quotas. The quota of three metrics a dataset is older than judges, who have eleven: here it
holds for programmatic jobs alone.
"""

JUDGES = frozenset(
    {
        "amazon.nova-pro-v1:0",
        "amazon.nova-2-lite-v1:0",
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
JUDGES_OF_CUSTOM_METRICS = JUDGES | {"meta.llama3-3-70b-instruct-v1:0"}
JUDGED = frozenset(
    f"Builtin.{name}"
    for name in (
        *("Correctness", "Completeness", "Faithfulness", "Helpfulness", "Coherence", "Relevance"),
        *("FollowingInstructions", "ProfessionalStyleAndTone", "Harmfulness", "Stereotyping", "Refusal"),
    )
)
COMPUTED = frozenset({"Builtin.Accuracy", "Builtin.Robustness", "Builtin.Toxicity"})
MOST_AT_ONCE, MOST_JOBS = 20, 5_000
MOST_PROMPTS, MOST_PROMPT_BYTES = 1_000, 4 * 1024
MOST_COMPUTED_METRICS = 3
