"""How a distillation job moves through Validation, Data processing and Training, in virtual time.

The order is documented (User Guide, "Monitor your model customization job"); the durations are this simulator's:
400 prompts take 5 + 22 + 45 minutes, 15,000 take about 14 hours; Bedrock's own ceiling is 7 days.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator.records import Job, Phase

VALIDATION, PROCESSING, TRAINING = range(3)
STOPPING = timedelta(minutes=1)
CEILING = timedelta(days=7)


def duration(stage: int, prompts: int) -> timedelta:
    """How long a stage takes for so many prompts."""
    minutes = {
        VALIDATION: 5.0,
        PROCESSING: 10.0 + prompts * 0.03,
        TRAINING: 36.0 + prompts * 0.0225,
    }[stage]
    return min(timedelta(minutes=minutes), CEILING / 3)


def start(job: Job) -> Job:
    """The job enters Validation."""
    return _enter(job, VALIDATION, job.created)


def next_stage(job: Job, prompts: int) -> Job:
    """The present stage is done at its due time, and the next begins."""
    done = _mark(job, "Completed", job.due)
    return _enter(replace(done, prompts=prompts), job.stage + 1, job.due)


def completed(job: Job, model_arn: str, loss: float) -> Job:
    """Training is done: there is a custom model."""
    done = _mark(job, "Completed", job.due)
    return replace(done, status="Completed", ended=job.due, model_arn=model_arn, loss=loss)


def failed(job: Job, message: str) -> Job:
    """The present stage failed, at the time it was due."""
    return replace(_mark(job, "Failed", job.due), status="Failed", ended=job.due, failure=message[:2048])


def stopping(job: Job, now: datetime) -> Job:
    """Somebody asked the job to stop."""
    return replace(_mark(job, "Stopping", now), status="Stopping", due=now + STOPPING)


def stopped(job: Job) -> Job:
    """The job has come to rest without a model."""
    return replace(_mark(job, "Stopped", job.due), status="Stopped", ended=job.due)


def _enter(job: Job, stage: int, at: datetime) -> Job:
    moved = replace(job, stage=stage, changed=at, due=at + duration(stage, job.prompts))
    return _mark(moved, "InProgress", at)


def _mark(job: Job, status: str, at: datetime) -> Job:
    phases = list(job.phases)
    phases[job.stage] = Phase(status, phases[job.stage].began or at, at)
    first, second, third = phases
    return replace(job, phases=(first, second, third), changed=at)
