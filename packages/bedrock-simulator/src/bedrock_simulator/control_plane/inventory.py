"""What an account has, and what bills by the hour: for tests that ask whether anything was left behind."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bedrock_simulator.records import RegionResources, Throughput


def inventory(estates: Iterable[RegionResources], now: datetime) -> dict[str, Any]:
    """Everything in all Regions, JSON-ready. `hours_billed` counts model-unit hours, deleted throughput included."""
    mine = list(estates)
    running = [(e, t) for e in mine for t in e.throughputs.values()]
    gone = [t for e in mine for t in e.released]
    return {
        "jobs": [_row(e, j.arn, j.name, j.status) for e in mine for j in e.jobs.values()],
        "custom_models": [_row(e, m.arn, m.name, "Active") for e in mine for m in e.models.values()],
        "copy_jobs": [_row(e, c.arn, c.target_name, c.status) for e in mine for c in e.copies.values()],
        "batch_jobs": [_row(e, b.arn, b.name, b.status) for e in mine for b in e.batches.values()],
        "evaluation_jobs": [_row(e, v.arn, v.name, v.status) for e in mine for v in e.evaluations.values()],
        "deployments": [
            {**_row(e, d.arn, d.name, d.status), "model": d.model_arn} for e in mine for d in e.deployments.values()
        ],
        "inference_profiles": [_row(e, p.arn, p.name, "ACTIVE") for e in mine for p in e.profiles.values()],
        "provisioned_throughput": [
            {**_row(e, t.arn, t.name, t.status), "model": t.model_arn, "units": t.units, "hours": _hours(t, now)}
            for e, t in running
        ],
        "bills_by_the_hour": [t.arn for _, t in running if t.status != "Failed"],
        "hours_billed": sum(_hours(t, now) for t in [*(t for _, t in running), *gone]),
    }


def _row(estate: RegionResources, arn: str, name: str, status: str) -> dict[str, Any]:
    return {"arn": arn, "name": name, "status": status, "region": estate.region}


def _hours(throughput: Throughput, now: datetime) -> float:
    if throughput.status == "Failed":
        return 0.0
    until = throughput.released or now
    return round((until - throughput.created).total_seconds() / 3600 * throughput.units, 4)
