"""The functions of the account, and their environment variables."""

from collections.abc import Callable, Mapping
from typing import Any

from distillery.core.env_vars import Variable
from lambdas.admission.handler import admit
from lambdas.adoption.handler import step as adoption
from lambdas.canary.handler import step as canary
from lambdas.dataset.handler import receive
from lambdas.distillation.handler import settle
from lambdas.distillation.handler import step as distillation
from lambdas.endpoint.handler import step as endpoint
from lambdas.endpoint.handler import sweep
from lambdas.evaluation.grading import step as grading
from lambdas.evaluation.handler import step as evaluation
from lambdas.evaluation.reporting import step as reporting
from lambdas.evaluation.request import evaluate
from lambdas.operations.handler import operate
from lambdas.promotion.handler import accept
from lambdas.promotion.handler import step as promotion
from lambdas.sharing.handler import share
from lambdas.signing.handler import step as signing
from simulator_support.fakes import ROLE
from tests.unit.leaks.account import SETTINGS

FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "AdoptionFunction": adoption,
    "DistillationFunction": distillation,
    "EndpointFunction": endpoint,
    "EvaluationFunction": evaluation,
    "EvaluationGrading": grading,
    "EvaluationReporting": reporting,
    "PromotionCanaryFunction": canary,
    "PromotionFunction": promotion,
    "PromotionSigningFunction": signing,
}
ASKED: Mapping[str, Callable[[Any, Any], Any]] = {
    "accept": accept,
    "evaluate": evaluate,
    "promote": admit,
    "resume": operate,
    "share": share,
    "stop": operate,
}
"""The functions that people ask, by verb."""
RECEIVES: Callable[[Any, Any], Any] = receive
"""The function that uploads invoke."""
SCHEDULED: dict[str, Callable[[Any, Any], Any]] = {"settle": settle, "sweep": sweep}
KEY = "arn:aws:kms:us-east-1:111111111111:key/00000000-1111-2222-3333-444444444444"
UNUSED = (Variable.SHARE_WITH, Variable.SHARES)
"""What environments that share no models are without."""
VARIABLES: dict[str, str] = {
    **{name: value for name, value in SETTINGS.items() if name not in UNUSED},
    Variable.MODEL_KEY: KEY,
    Variable.JOB_ROLE: ROLE,
}
