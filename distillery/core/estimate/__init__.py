"""What a run will cost, before anything that costs is started: items, their prices with date and source, the budget."""

from distillery.core.estimate.budget import check_budget, check_cap
from distillery.core.estimate.cost import CANDIDATE_HOURS, estimate
from distillery.core.estimate.items import Answers, Estimate, Line
from distillery.core.estimate.size import Size, size_of

__all__ = ["CANDIDATE_HOURS", "Answers", "Estimate", "Line", "Size", "check_budget", "check_cap", "estimate", "size_of"]
