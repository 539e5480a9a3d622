"""What must hold in the account at any time at which no execution runs and the guard has passed."""

import re
from collections.abc import Iterator, Sequence

from distillery.core.aliases import Aliases
from distillery.core.inventory import take_inventory
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord, model_of
from distillery.core.names import EVALUATIONS_PREFIX, Names
from distillery.core.pipeline import Alias, Outcome, Stage
from distillery.records.verification import verify
from tests.faults.cloud import Cloud

NAMES, RECIPE = Names("dev"), "support"


def violations(cloud: Cloud, runs: Sequence[RunRecord], alias: Alias | None) -> Iterator[str]:
    """At any time at which no execution runs and the guard has passed. `runs`, `alias`: those of the recipe."""
    yield from hosted_without_reason(cloud, alias)
    yield from paid_twice(cloud, runs)
    yield from promoted_without_reason(runs, alias)
    yield from runs_left(runs)
    yield from ledger_left(cloud, runs)


def violations_in_the_end(cloud: Cloud) -> Iterator[str]:
    """Once the fault is mended, and people have tried again."""
    yield from alias_otherwise(cloud)
    yield from live_without_outcome(cloud)
    yield from live_without_record(cloud)
    yield from record_without_live(cloud)


def hosted_without_reason(cloud: Cloud, alias: Alias | None) -> Iterator[str]:
    held = take_inventory(NAMES, cloud.world.client("bedrock", "us-east-1"))
    live = alias.endpoint.arn if alias else ""
    yield from (f"{host.name} is hosted without an alias or a lease" for host in held.endpoints if host.arn != live)
    yield from (f"job {job.name} still runs" for job in held.jobs)
    served = [host.model_arn for host in held.endpoints if host.arn == live]
    if alias and served != [alias.current] and not _is_named(cloud, served):
        yield f"the endpoint of the alias serves {served} and not {alias.current}, and nothing says so"


def _is_named(cloud: Cloud, served: Sequence[str]) -> bool:
    """Whether people know that a promotion has broken between the endpoint and the alias, which another try mends: the
    run that made the model, or its acceptance, says it."""
    runs = {model_of(record): record for record in cloud.ledger.runs(RECIPE)}
    if len(served) != 1 or (record := runs.get(served[0])) is None:
        return False
    accepted = Acceptances(cloud.table).find(RECIPE, record.acceptance).ending if record.acceptance else ""
    return "live endpoint" in f"{record.reason} {accepted}".lower()


def alias_otherwise(cloud: Cloud) -> Iterator[str]:
    """In the end, the endpoint serves what the alias names."""
    alias = alias_of(cloud)
    held = take_inventory(NAMES, cloud.world.client("bedrock", "us-east-1")).endpoints
    if alias and [host.model_arn for host in held if host.arn == alias.endpoint.arn] != [alias.current]:
        yield f"the endpoint of the alias does not serve {alias.current}"


def paid_twice(cloud: Cloud, runs: Sequence[RunRecord]) -> Iterator[str]:
    jobs = cloud.world.bedrock.inventory("111111111111")["jobs"]
    for record in runs:
        for name in record.job_names(NAMES):
            if len(made := [job for job in jobs if job["name"] == name]) > 1:
                yield f"run {record.run.id} has paid for {len(made)} jobs of the name {name}"
        if record.stalled_job and any(job["status"] != "Stopped" for job in jobs if job["name"] == record.stalled_job):
            yield f"run {record.run.id} gave up the job {record.stalled_job}, which was not stopped"
    for digest in {record.run.dataset.digest for record in runs}:
        students = [each for each in runs if each.has_student and each.run.dataset.digest == digest]
        if len(students) > 1:
            yield f"{len(students)} students of the same prompts were paid for"
    completed = [job for job in jobs if job["status"] == "Completed"]
    if len(completed) > max(1, len({record.run.dataset.digest for record in runs})):
        yield f"{len(completed)} jobs of the same prompts were completed"


def promoted_without_reason(runs: Sequence[RunRecord], alias: Alias | None) -> Iterator[str]:
    if alias is None:
        return
    (record,) = [each for each in runs if each.run.id == alias.run]
    evaluated = record.stages.get(Stage.EVALUATION)
    passed = evaluated and (evaluated.product.get("passed") or record.exploratory.get("passed"))
    if not passed and not record.accepted:
        yield f"alias {alias.version} is of run {alias.run}, which has neither passed nor been accepted"
    if alias.current != model_of(record):
        yield f"the alias serves {alias.current}, not the student of its run"


def runs_left(runs: Sequence[RunRecord]) -> Iterator[str]:
    for record in runs:
        if record.outcome in (*OPEN_OUTCOMES, Outcome.CANARY):
            yield f"run {record.run.id} is still {record.outcome}"
        elif not record.reason:
            yield f"run {record.run.id} ended as {record.outcome} without a reason"


def ledger_left(cloud: Cloud, runs: Sequence[RunRecord]) -> Iterator[str]:
    yield from (f"{recipe} is locked by {holder}" for recipe, holder in cloud.ledger.active().items())
    yield from (f"a token of job {waiting.job} is kept" for waiting in cloud.ledger.waiting_jobs())
    yield from (f"the lease of {item['sk']} is kept" for item in cloud.table.query("lease"))
    for record in runs:
        reserved = cloud.ledger.month(RECIPE, record.started_at).runs
        was_free = record.incurred_no_cost and not record.has_student  # a student that was adopted costs its evaluation
        if record.outcome not in OPEN_OUTCOMES and was_free is (record.run.id in reserved):
            is_or_not = "cost nothing and is" if was_free else "has a cost and is not"
            yield f"run {record.run.id} {is_or_not} reserved"


def is_promoted(cloud: Cloud) -> bool:
    """Whether a student is live, and its run has ended as promoted."""
    alias = alias_of(cloud)
    return alias is not None and cloud.ledger.run(alias.run).outcome is Outcome.PROMOTED


def live_without_outcome(cloud: Cloud) -> Iterator[str]:
    """In the end, the ledger says of what is live that it was promoted: its run, its stage and its history."""
    alias = alias_of(cloud)
    if alias is None:
        return
    record = cloud.ledger.run(alias.run)
    if not is_promoted(cloud):
        yield f"{alias.current} is live, and its run is {record.outcome}: {record.reason}"
    stage = record.stages.get(Stage.PROMOTION)
    if stage is None or not stage.ended:
        yield f"{alias.current} is live, and the promotion of its run has not ended"
    kept = AliasHistory(cloud.table).stored(RECIPE)
    if [each.version for each in kept] != [*range(alias.version, 0, -1)]:
        yield f"version {alias.version} is live, and the history has {[each.version for each in kept]}"


def live_without_record(cloud: Cloud) -> Iterator[str]:
    """Nothing is live without a record that the next environment can verify."""
    alias = alias_of(cloud)
    if alias is None:
        return
    body = cloud.objects.get(("data", f"{EVALUATIONS_PREFIX}{alias.run}/record.json"))
    if body is None:
        yield f"{alias.run} is live without a record"
        return
    found = verify(body, [cloud.kms.signer.public]).statement.record
    if (found.run, found.model_arn) != (alias.run, alias.current):
        yield f"the record of {alias.run} is about {found.run} and {found.model_arn}"


def record_without_live(cloud: Cloud) -> Iterator[str]:
    """In the end, no record that the next environment would admit is of a student that never went live."""
    live = {version.run for version in AliasHistory(cloud.table).of(RECIPE, alias_of(cloud))}
    for bucket, key in cloud.objects:
        if bucket == "data" and re.match(f"{EVALUATIONS_PREFIX}[^/]+/record", key) and key.split("/")[1] not in live:
            yield f"{key} is the record of a student that never went live"


def alias_of(cloud: Cloud) -> Alias | None:
    """The alias, read beside the functions, so that the read meets no fault."""
    return Aliases(cloud).read(NAMES.alias(RECIPE))  # type: ignore[arg-type]  # the one call that it makes
