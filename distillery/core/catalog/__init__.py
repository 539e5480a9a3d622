"""Everything this project knows about Bedrock's models, as typed data with dates and sources.

The facts are in TOML files, one for each provider and one of the teacher-student pairs; `data.py` reads them. Synth,
Lambda functions and tests use the catalog alike: ``from distillery.core import catalog``. All values are frozen. The
catalog uses no network, no clock (a question about a day takes the day) and only the standard library. It refuses a
model, Region or profile that it does not know.

A source starts with the short name of a document. ``UG x`` is the page
``https://docs.aws.amazon.com/bedrock/latest/userguide/x.html``; a page without a remark was stored in September or
October 2026. ``UNVERIFIED`` means that no document at hand confirms the fact, ``INFERENCE`` that it follows from
documents that do not state it. Days that occur often:

==========  ==================================================================================================
2024-12-03  the AWS announcement: model distillation and latency-optimized inference in preview, Nova
2025-07-16  models customized since then may be deployed on demand (UG deploy-custom-model-on-demand)
2025-07-20  the AWS Bedrock pricing page at hand
2026-09-07  the copy of UG latency-optimized-inference, which lists Regions without their first days
2026-11-23  the LiteLLM 1.109.1 price table was read (it has no date; the release is of November 2026)
==========  ==================================================================================================

===========================  ============================================================================
`model`, `models`            a foundation model by its invoke id: other ids, life cycle, Regions, profiles
`base_of`                    the model behind a customization id or a custom-model ARN
`pair`, `pairs`              which teacher Bedrock distils into which student, where and when
`profile_for`                the cross-Region profile to call a model with from a Region
`latency_offered`            whether latency-optimized inference is available
`on_demand_eligible`,        where a student may be hosted, with the reason
`throughput_eligible`
`hosting_quotas`             the quotas of Service Quotas that limit hosting
`student_context`            the longest prompt-answer pair that a student is trained on
`price`, `training_price`,   dated prices, or None: never guessed
`storage_price`,
`custom_model_price`
===========================  ============================================================================
"""

from distillery.core.catalog.hosting import hosting_quotas, on_demand_eligible, throughput_eligible
from distillery.core.catalog.life import Certainty, Life, LifeState
from distillery.core.catalog.prices import custom_model_price, price, storage_price, training_price
from distillery.core.catalog.queries import (
    UnknownModel,
    base_of,
    latency_offered,
    model,
    models,
    pair,
    pairs,
    profile_for,
    student_context,
)
from distillery.core.catalog.types import (
    ANYWHERE,
    CustomizeId,
    Eligibility,
    HostId,
    InvokeId,
    Latency,
    Model,
    OnDemandHosting,
    Pair,
    Price,
    PriceKind,
    Profile,
    ProfileId,
    RequestRules,
    ServiceQuota,
    StoragePrice,
    Surcharge,
    TeacherIdentifier,
    Tier,
    TrainingPrice,
)

__all__ = [
    "ANYWHERE",
    "Certainty",
    "CustomizeId",
    "Eligibility",
    "HostId",
    "InvokeId",
    "Latency",
    "Life",
    "LifeState",
    "Model",
    "OnDemandHosting",
    "Pair",
    "Price",
    "PriceKind",
    "Profile",
    "ProfileId",
    "RequestRules",
    "ServiceQuota",
    "StoragePrice",
    "Surcharge",
    "TeacherIdentifier",
    "Tier",
    "TrainingPrice",
    "UnknownModel",
    "base_of",
    "custom_model_price",
    "hosting_quotas",
    "latency_offered",
    "model",
    "models",
    "on_demand_eligible",
    "pair",
    "pairs",
    "price",
    "profile_for",
    "storage_price",
    "student_context",
    "throughput_eligible",
    "training_price",
]
