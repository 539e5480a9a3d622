"""The questions. docs/doctor.md lists them, and a test compares the two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

YES, NO = "yes", "no"
OTHER = "*"
"""Stands for every other answer."""

MISSING_JOB = "missing-job"
STUDENT_LISTED = "student-listed"
LISTED_PRICES = "listed-prices"
MISSING_FORM = "missing-form"
DEPLOYMENT_METRICS = "deployment-metrics"
THROUGHPUT_METRICS = "throughput-metrics"
MODEL_STATES = "model-states"
IN_PROGRESS_QUOTA = "in-progress-quota"
QUOTA_LABELS = "quota-labels"
KEY_GRANTS = "key-grants"
MODELS_ANSWER = "models-answer"
OPTIMIZED_PROFILES = "optimized-profiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        id: Its name in the recorded answers.
        text: The question.
        permissions: The IAM actions that asking needs.
        does: Answer → what the product does then.
        usd: What asking costs at most in US dollars, for each model or profile that is called; 0 for free.
    """

    id: str
    text: str
    permissions: tuple[str, ...]
    does: Mapping[str, str] = field(hash=False)
    usd: Decimal = Decimal(0)

    def effect(self, answer: str) -> str:
        return self.does.get(answer) or self.does[OTHER]


_REPORTED = "nothing depends on it: it is reported"
_IDLE = "idle endpoints are warned of, and none is deleted for it"
A_CALL = Decimal("0.002")
"""More than any model of the catalog charges for the few tokens of a probe; a test compares it with the prices."""

QUESTIONS: tuple[Question, ...] = (
    Question(
        id=MISSING_JOB,
        text="Which error does GetModelCustomizationJob send for a name that no job has?",
        permissions=("bedrock:GetModelCustomizationJob",),
        does={
            "ResourceNotFoundException": "the job is started, as without an answer",
            "ValidationException": "the job is started, as without an answer",
            OTHER: "this code, too, means that there is no job, and the job is started",
        },
    ),
    Question(
        id=STUDENT_LISTED,
        text="Does GetFoundationModel list DISTILLATION for the students of the settings?",
        permissions=("bedrock:GetFoundationModel",),
        does={
            YES: "a student that was listed and no longer is refuses the run before anything is paid for",
            NO: "the preflight no longer warns that it is not listed",
            OTHER: "the preflight warns where it is not listed, and goes on",
        },
    ),
    Question(
        id=MISSING_FORM,
        text="What does GetUseCaseForModelAccess answer, with and without Anthropic's form?",
        permissions=("bedrock:GetUseCaseForModelAccess",),
        does={OTHER: "doctor warns if it answers ResourceNotFoundException; anything else is reported"},
    ),
    Question(
        id=DEPLOYMENT_METRICS,
        text="What is ModelId of CloudWatch's Invocations for a custom model deployment: its ARN?",
        permissions=("cloudwatch:ListMetrics",),
        does={YES: "a warning of an idle endpoint rests on a verified metric", OTHER: _IDLE},
    ),
    Question(
        id=THROUGHPUT_METRICS,
        text="What is ModelId of CloudWatch's Invocations for Provisioned Throughput: its ARN?",
        permissions=("cloudwatch:ListMetrics",),
        does={YES: "an idle endpoint raises the alarm Attention, beside the notice", OTHER: _IDLE},
    ),
    Question(
        id=MODEL_STATES,
        text="Are the models of the settings Active today, as the service says?",
        permissions=("bedrock:GetFoundationModel",),
        does={OTHER: "the life-cycle watch asks the same every day, and notifies people"},
    ),
    Question(
        id=IN_PROGRESS_QUOTA,
        text="Is L-C02E1E99 the quota of custom model deployments in progress?",
        permissions=("servicequotas:GetServiceQuota",),
        does={OTHER: _REPORTED + ", so that the catalog can be corrected"},
    ),
    Question(
        id=QUOTA_LABELS,
        text="Do quotas name each model of the settings as the catalog expects?",
        permissions=("servicequotas:ListServiceQuotas",),
        does={YES: "evaluations keep below the applied quotas", OTHER: "a quota that is not found limits nothing"},
    ),
    Question(
        id=LISTED_PRICES,
        text="What does the Price List API say of training and storing custom models?",
        permissions=("pricing:GetProducts",),
        does={OTHER: _REPORTED + ", so that the catalog's prices can be verified"},
    ),
    Question(
        id=KEY_GRANTS,
        text="Which grants has Bedrock made on the environment's key, after a first job?",
        permissions=("kms:ListGrants",),
        does={OTHER: _REPORTED + ", so that the key's statements can be narrowed"},
    ),
    Question(
        id=MODELS_ANSWER,
        text="Does each model of the settings answer a short prompt?",
        permissions=("bedrock:InvokeModel",),
        does={YES: "nothing stands in the way of a run", OTHER: "doctor reports which model is refused, and why"},
        usd=A_CALL,
    ),
    Question(
        id=OPTIMIZED_PROFILES,
        text="May an application profile be called latency-optimized?",
        permissions=("bedrock:InvokeModel", "ssm:PutParameter"),
        does={
            YES: "callers use the application profile, whose cost can be allocated by tag",
            NO: "callers use the system profile",
            OTHER: "callers use the system profile",
        },
        usd=A_CALL,
    ),
)


def question(ident: str) -> Question:
    return next(each for each in QUESTIONS if each.id == ident)
