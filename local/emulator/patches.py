"""Installs all of `local.emulator.hooks` in ministack before it serves.

Every hook replaces an attribute of one pinned version, so each has a contract test that fails when that
attribute moves; `tests/unit/local/emulator` holds them.
"""

from functools import partial
from pathlib import Path

from bedrock_simulator.admin import Admin
from bedrock_simulator.engine import Bedrock
from bedrock_simulator.events import EventStore
from local.emulator.clock import VirtualClock
from local.emulator.hooks import (
    access,
    activity,
    alarm_actions,
    athena,
    bedrock,
    bedrock_types,
    browsers,
    buckets,
    budgets,
    callbacks,
    dead_letters,
    deletions,
    embedded_metrics,
    encryption,
    execution_logs,
    executions,
    function_logs,
    function_properties,
    function_roles,
    function_sessions,
    function_urls,
    history,
    lambdas,
    layers,
    limits,
    log_groups,
    loopback,
    machine_names,
    machine_roles,
    map_runs,
    metrics,
    parsed_policies,
    policy_variables,
    principals,
    recorder,
    requests,
    role_boundaries,
    rule_targets,
    s3_events,
    schedules,
    service_quotas,
    sharing,
    signatures,
    stack_tags,
    subscriptions,
    task_roles,
    ttl,
    unpacked,
    waits,
    web_identity,
    workers,
)

MINISTACK = "1.5.33"


def install(
    clock: VirtualClock,
    simulator: Bedrock,
    events: EventStore,
    *,
    account: str,
    endpoint: str,
    secret: str,
    iam_log: Path | None = None,
) -> None:
    """Installs every hook. Call it once, before ministack serves."""
    admin = Admin(simulator, clock, events, account=account)
    loopback.install()
    buckets.install()
    deletions.install()
    log_groups.install()
    embedded_metrics.install()
    _install_functions(endpoint)
    activity.install()
    schedules.install(clock)
    ttl.install(clock)
    _install_executions(clock)
    s3_events.install(clock)
    rule_targets.install()
    alarm_actions.install()
    subscriptions.install()
    bedrock.install(simulator, partial(_reset, admin))
    bedrock_types.install(simulator)
    budgets.install()
    service_quotas.install(simulator)
    sharing.install(simulator)
    athena.install(clock)
    parsed_policies.install()
    policy_variables.install()
    principals.install()
    role_boundaries.install()
    web_identity.install()
    stack_tags.install()
    if iam_log is not None:
        recorder.install(iam_log)
    encryption.install()
    access.install(simulator, encryption.key_checks, function_urls.checks)
    requests.install(admin, clock)
    signatures.install(secret)
    browsers.install()


def _reset(admin: Admin) -> None:
    """Empties Bedrock, and with it what was shared of it."""
    admin.reset()
    sharing.reset()


def _install_functions(endpoint: str) -> None:
    lambdas.install()
    layers.install()
    unpacked.install()
    workers.install()
    function_properties.install()
    function_roles.install()
    function_sessions.install()
    function_urls.install(endpoint)
    function_logs.install()
    dead_letters.install()


def _install_executions(clock: VirtualClock) -> None:
    """Later hooks wrap earlier ones, so that the history contains what a limit or a role refuses."""
    machine_names.install()
    machine_roles.install()
    waits.install(clock)
    executions.install(clock)
    callbacks.install(clock)
    task_roles.install()
    limits.install()
    history.install()
    map_runs.install(clock)
    execution_logs.install(clock)
    metrics.install()
