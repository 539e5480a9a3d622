"""Short names of the documents that facts come from. A source string starts with one of them.

``UG x`` is the page ``https://docs.aws.amazon.com/bedrock/latest/userguide/x.html``; a page without a remark was
stored in September or October 2026. ``UNVERIFIED`` in a source means that no document at hand confirms the fact;
``INFERENCE`` that it follows from documents without standing in one.
"""

from datetime import date

LITELLM = "LiteLLM 1.109.1 price table"
LITELLM_DAY = date(2026, 11, 23)
"""The day the table was read (it is undated; the release is of November 2026)."""

PRICING_PAGE = "AWS Bedrock pricing page as of 2025-07-20"
PRICING_PAGE_DAY = date(2025, 7, 20)

LAUNCH = "AWS announcement of December 2024"
LAUNCH_DAY = date(2024, 12, 3)
"""Model distillation (preview), latency-optimized inference (preview) and the Nova family came together."""

DISTILLATION = "UG prequisites-model-distillation"
LATENCY = "UG latency-optimized-inference"
LATENCY_SEEN = date(2026, 9, 7)
"""The page lists Regions without first days; where nothing else dates one, it counts from this copy on."""

ON_DEMAND = "UG deploy-custom-model-on-demand"
LEGACY_LIST = "UG model-lifecycle-legacy"
LIFECYCLE_MID_2026 = "UG model-lifecycle, stored mid-2026"

ON_DEMAND_DAY = date(2025, 7, 16)
"""Models customized from this day on may be deployed on demand. Source: UG deploy-custom-model-on-demand."""


def card(page: str) -> str:
    """A model's own page in the user guide."""
    return f"UG model-card-{page}"
