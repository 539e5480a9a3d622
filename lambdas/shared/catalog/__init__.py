"""Everything this project knows about Bedrock's models, as typed data with dates and sources.

Used alike by synth, Lambdas and tests: ``from lambdas.shared import catalog``. It is made of frozen values, asks
nothing of the network or the clock (every question about a day takes the day), and needs the standard library alone.

===========================  =======================================================================================
`model`, `models`            a foundation model by its invoke id: ids by purpose, life cycle, Regions, profiles
`pair`, `pairs`              what Bedrock distils into what, where and when
`profile_for`                the cross-Region profile to call a model with from a Region
`latency_offered`            whether latency-optimized inference is to be had
`on_demand_eligible`,        where a student may be hosted, with the reason
`throughput_eligible`
`price` and its kin          dated prices, or None: never guessed
===========================  =======================================================================================
"""

from lambdas.shared.catalog.hosting import on_demand_eligible, throughput_eligible
from lambdas.shared.catalog.life import Certainty, Life, LifeState
from lambdas.shared.catalog.prices import custom_model_price, price, storage_price, training_price
from lambdas.shared.catalog.queries import (
    UnknownModel,
    latency_offered,
    model,
    model_to_customize,
    models,
    pair,
    pairs,
    profile_for,
)
from lambdas.shared.catalog.types import (
    ANYWHERE,
    CustomizeId,
    Eligibility,
    HostId,
    HostingMode,
    HourlyPrice,
    InvokeId,
    Latency,
    Model,
    OnDemandHosting,
    Pair,
    Price,
    PriceKind,
    Profile,
    ProfileId,
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
    "HourlyPrice",
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
    "StoragePrice",
    "Surcharge",
    "TeacherAs",
    "Tier",
    "TrainingPrice",
    "UnknownModel",
    "custom_model_price",
    "latency_offered",
    "model",
    "model_to_customize",
    "models",
    "on_demand_eligible",
    "pair",
    "pairs",
    "price",
    "profile_for",
    "storage_price",
    "throughput_eligible",
    "training_price",
]
