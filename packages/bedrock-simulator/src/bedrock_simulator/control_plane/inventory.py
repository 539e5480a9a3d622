"""The inventory of an account, for tests that check whether resources were left behind."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bedrock_simulator.records import RegionResources, Throughput


def inventory(regions: Iterable[RegionResources], now: datetime) -> dict[str, Any]:
    """Returns all resources in all Regions as JSON. `hours_billed` are model-unit hours, of deleted throughput too."""
    owned = list(regions)
    running = [(e, t) for e in owned for t in e.throughputs.values()]
    released = [t for e in owned for t in e.released]
    return {
        "jobs": [_row(e, j.arn, j.name, j.status) for e in owned for j in e.jobs.values()],
        "custom_models": [_row(e, m.arn, m.name, "Active") for e in owned for m in e.models.values()],
        "copy_jobs": [_row(e, c.arn, c.target_name, c.status) for e in owned for c in e.copies.values()],
        "batch_jobs": [_row(e, b.arn, b.name, b.status) for e in owned for b in e.batches.values()],
        "evaluation_jobs": [_row(e, v.arn, v.name, v.status) for e in owned for v in e.evaluations.values()],
        "deployments": [
            {**_row(e, d.arn, d.name, d.status), "model": d.model_arn} for e in owned for d in e.deployments.values()
        ],
        "inference_profiles": [_row(e, p.arn, p.name, "ACTIVE") for e in owned for p in e.profiles.values()],
        "provisioned_throughput": [
            {**_row(e, t.arn, t.name, t.status), "model": t.model_arn, "units": t.units, "hours": _hours(t, now)}
            for e, t in running
        ],
        "bills_by_the_hour": [t.arn for _, t in running if t.status != "Failed"],
        "hours_billed": sum(_hours(t, now) for t in [*(t for _, t in running), *released]),
    }


def _row(resources: RegionResources, arn: str, name: str, status: str) -> dict[str, Any]:
    return {"arn": arn, "name": name, "status": status, "region": resources.region}


def _hours(throughput: Throughput, now: datetime) -> float:
    if throughput.status == "Failed":
        return 0.0
    until = throughput.released or now
    return round((until - throughput.created).total_seconds() / 3600 * throughput.units, 4)
