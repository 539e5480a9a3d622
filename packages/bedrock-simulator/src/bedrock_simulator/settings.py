"""How the simulator behaves: teacher, latency, quotas, and what AWS does not document. For faults see `faults`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_SCALE = 1e6  # of latency: a call of a second takes eleven days
MAX_QUOTA = 10**12


@dataclass(frozen=True, slots=True)
class ModelErrors:
    """The wrong answers of one strong model; None is the default of all.

    Attributes:
        rate: Their share, from 0 to 1.
        seed: Which prompts they are given to. Models with the same seed err on the same prompts.
    """

    rate: float | None = None
    seed: str | None = None

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise ValueError(f"the share of wrong answers is {self.rate:g}: write a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """The settings of the stand-in teacher, which answers for all strong models.

    Attributes:
        error_rate: The share of wrong answers of each model, from 0 to 1. The same seed and prompt always give the same
            answer.
        seed: What the seeds of the models' errors are made from: each has one of its own.
        shuffled: Whether to give every prompt of a training file the answer of another, so that students learn
            nonsense.
        rules: A file with the teacher's rules; empty for the simulator's own.
        labelled: A training file with answers that the teacher knows before any job.
        url: The URL of an OpenAI-compatible server whose `model` answers in place of the stand-in.
        models: The wrong answers of single models, by model ID.
    """

    error_rate: float = 0.03
    seed: str = "1"
    shuffled: bool = False
    rules: str = ""
    labelled: str = ""
    url: str = ""
    model: str = ""
    models: Mapping[str, ModelErrors] = field(default_factory=dict)

    def errors_of(self, model: str) -> tuple[float, str]:
        """The rate and the seed of a model's wrong answers; without a model, those of the settings."""
        own = self.models.get(model, ModelErrors())
        rate = self.error_rate if own.rate is None else own.rate
        return rate, (f"{self.seed} {model}".rstrip() if own.seed is None else own.seed)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How models rate as judges in evaluation jobs, each with mistakes of its own: they depend on the judge, the prompt
    and the response, and on nothing that the model does as a teacher.

    Attributes:
        error_rate: The share of ratings that are wrong, from 0 to 1. A response that has nothing in common with what is
            right is not concerned: no judge mistakes it.
        fooled_rate: The share of such responses that get the best rating all the same.
        unscored_rate: The share of ratings that are missing: their `result` is null.
        seed: Which ratings these are.
    """

    error_rate: float = 0.03
    fooled_rate: float = 0.0
    unscored_rate: float = 0.0
    seed: str = "1"

    def __post_init__(self) -> None:
        for name in ("error_rate", "fooled_rate", "unscored_rate"):
            if not 0 <= (rate := getattr(self, name)) <= 1:
                raise ValueError(f"{name} is {rate:g}: write a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Latency:
    """How modelled latency is applied.

    Attributes:
        scale: Real seconds to wait for each second of modelled latency; 0 does not wait.
        seed: The same seed, model and prompt always give the same latency.
    """

    scale: float = 0.0
    seed: str = "1"

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= MAX_SCALE:
            raise ValueError(f"scale is {self.scale:g}: write a number from 0 to {MAX_SCALE:g}")


@dataclass(frozen=True, slots=True)
class TokenQuotas:
    """Tokens per minute that an account may use of a model in a Region, for each type of call (see `burndown`).

    Keys, of which the first that exists applies: `REGION/MODEL` (`us-east-1/amazon.nova-pro-v1:0`), `MODEL`, `*`.
    Without any, the documented quotas apply (`catalog.quotas`), and `optimized` is unlimited. Above `standard`, a call
    is throttled; above `optimized`, it is served in standard latency.
    """

    standard: Mapping[str, int] = field(default_factory=dict)
    optimized: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for limit in (*self.standard.values(), *self.optimized.values()):
            if not 0 <= limit <= MAX_QUOTA:
                raise ValueError(f"{limit} is not a token quota: write a number from 0 to {MAX_QUOTA}")

    def limit(self, mode: str, region: str, model_id: str) -> int | None:
        """The limit that was set, None if none was."""
        granted = self.optimized if mode == "optimized" else self.standard
        return next((granted[key] for key in (f"{region}/{model_id}", model_id, "*") if key in granted), None)


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of every account.

    Attributes:
        model_units: The value of every quota of Provisioned Throughput; 0 in a new account.
        values: The values of single quotas, by code (`L-…`) or by Region and code (`us-east-1/L-…`).
        tokens: Token quotas of calls, for which no code is known.
    """

    model_units: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    tokens: TokenQuotas = field(default_factory=TokenQuotas)

    def __post_init__(self) -> None:
        for limit in (self.model_units, *self.values.values()):
            if not 0 <= limit <= MAX_QUOTA:
                raise ValueError(f"{limit} is not a quota: write a number from 0 to {MAX_QUOTA}")


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Behaviour that AWS does not document and nobody has tried: UNVERIFIED.

    Attributes:
        optimized_application_profiles: Whether an application profile may be called latency-optimized. By default such
            a call is refused, so that code that relies on it fails here.
        students_list_distillation: Whether GetFoundationModel lists DISTILLATION among the customizations of a student.
        missing_jobs_are_invalid: Whether GetModelCustomizationJob refuses a name that no job has with
            ValidationException, not ResourceNotFoundException.
    """

    optimized_application_profiles: bool = False
    students_list_distillation: bool = True
    missing_jobs_are_invalid: bool = False


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """Which models the accounts may call. A model to which an account has no access is refused as users report it.

    Attributes:
        use_case_submitted: Whether the form on use cases has been submitted, which Anthropic's models require.
        legacy_models: Whether the accounts still use the models in their Legacy period. An account that has not called
            such a model for 15 to 30 days loses access to it.
    """

    use_case_submitted: bool = True
    legacy_models: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    teacher: TeacherSettings = field(default_factory=TeacherSettings)
    latency: Latency = field(default_factory=Latency)
    quotas: Quotas = field(default_factory=Quotas)
    undocumented: Undocumented = field(default_factory=Undocumented)
    access: ModelAccess = field(default_factory=ModelAccess)
    judges: JudgeSettings = field(default_factory=JudgeSettings)
