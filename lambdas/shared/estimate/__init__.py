"""What a run will cost, before anything that costs is started: items, their prices with date and source, the budget."""

from lambdas.shared.estimate.budget import check_budget, check_cap
from lambdas.shared.estimate.cost import CANDIDATE_HOURS, estimate
from lambdas.shared.estimate.items import Answers, Estimate, Line
from lambdas.shared.estimate.size import Size, size_of

__all__ = ["CANDIDATE_HOURS", "Answers", "Estimate", "Line", "Size", "check_budget", "check_cap", "estimate", "size_of"]
