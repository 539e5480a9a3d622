"""Everything this project knows about Bedrock's models, as typed data with dates and sources.

Used alike by synth, Lambdas and tests: ``from distillery.core import catalog``. It is made of frozen values,
asks nothing of the network or the clock (a question about a day takes the day), and needs nothing but the
standard library. A model, Region or profile that is not here is refused, not guessed.

===========================  ============================================================================
`model`, `models`            a foundation model by its invoke id: other ids, life cycle, Regions, profiles
`base_of`                    the model behind a customization id or a custom-model ARN
`pair`, `pairs`              what Bedrock distils into what, where and when
`profile_for`                the cross-Region profile to call a model with from a Region
`latency_offered`            whether latency-optimized inference is to be had
`on_demand_eligible`,        where a student may be hosted, with the reason
`throughput_eligible`
`hosting_quotas`             what hosting is counted against in Service Quotas
`student_context`            how long a prompt-answer pair a student is trained on
`price` and its kin          dated prices, or None: never guessed
===========================  ============================================================================
"""

from distillery.core.catalog.contexts import student_context
from distillery.core.catalog.hosting import on_demand_eligible, throughput_eligible
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
)
from distillery.core.catalog.quotas import hosting_quotas
from distillery.core.catalog.types import (
    ANYWHERE,
    CustomizeId,
    Eligibility,
    HostId,
    HostingMode,
    InvokeId,
    Latency,
    Model,
    OnDemandHosting,
    Pair,
    Price,
    PriceKind,
    Profile,
    ProfileId,
    Quota,
    StoragePrice,
    Surcharge,
    TeacherAs,
    Tier,
    TrainingPrice,
)

__all__ = [
    "ANYWHERE",
    "Certainty",
    "CustomizeId",
    "Eligibility",
    "HostId",
    "HostingMode",
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
    "Quota",
    "StoragePrice",
    "Surcharge",
    "TeacherAs",
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
