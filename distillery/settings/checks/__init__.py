"""The checks of settings that are well-formed: would Bedrock, or a rule of this project, refuse them?

A check takes the settings and the day of deployment and yields findings; checks are independent of each other. Only
`life_cycle` reports a model's end. The other checks use the last day on which the models were active, so a model at its
end gives one finding, and an acknowledged one none.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from distillery.settings.checks.account import check_account, check_regions, check_tags
from distillery.settings.checks.bounds import check_bounds
from distillery.settings.checks.business_hours import check_business_hours
from distillery.settings.checks.canary import check_canaries
from distillery.settings.checks.commitment import check_commitments
from distillery.settings.checks.fallback import check_cost_centres, check_fallbacks, check_maps
from distillery.settings.checks.graders import check_functions, check_graders, check_judges
from distillery.settings.checks.life_cycle import check_acknowledgements, check_lives
from distillery.settings.checks.log_consent import check_direct_logs, check_log_principals
from distillery.settings.checks.logs import (
    check_curation,
    check_direct,
    check_filters,
    check_logging,
    check_personal_data,
    check_sources,
)
from distillery.settings.checks.names import check_derived_names, check_names
from distillery.settings.checks.principals import check_deciders, check_principals
from distillery.settings.checks.promotion import check_promotion
from distillery.settings.checks.quota import check_quota
from distillery.settings.checks.recipe import (
    check_budgets,
    check_contenders,
    check_hosting,
    check_model_units,
    check_monthly_budgets,
    check_pairs,
    check_training_prices,
    check_unit_prices,
)
from distillery.settings.checks.requests import check_requests
from distillery.settings.checks.route import check_latencies, check_routes
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding

Check = Callable[[Settings, date], Iterable[ConfigFinding]]

CHECKS: tuple[Check, ...] = (
    check_names,
    check_derived_names,
    check_regions,
    check_account,
    check_tags,
    check_bounds,
    check_lives,
    check_acknowledgements,
    check_pairs,
    check_hosting,
    check_unit_prices,
    check_model_units,
    check_business_hours,
    check_canaries,
    check_commitments,
    check_training_prices,
    check_routes,
    check_latencies,
    check_fallbacks,
    check_cost_centres,
    check_maps,
    check_principals,
    check_deciders,
    check_quota,
    check_promotion,
    check_budgets,
    check_monthly_budgets,
    check_contenders,
    check_graders,
    check_judges,
    check_functions,
    check_requests,
    check_logging,
    check_sources,
    check_filters,
    check_direct,
    check_personal_data,
    check_curation,
    check_log_principals,
    check_direct_logs,
)


def findings(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Yields every reason not to deploy these settings on that day."""
    for check in CHECKS:
        yield from check(settings, on)
