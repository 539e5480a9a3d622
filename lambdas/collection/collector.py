"""Collects prompts from logged calls and writes them to the home Region."""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from distillery.core import names
from distillery.core.boundary import get_logger
from distillery.core.errors import BadRequest, Refused, UnusableLogs
from distillery.core.holdout import DEVIATIONS
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import LogReadMode, LogSource
from distillery.core.recipe import MOST_TO_CHOOSE_FROM, Recipe
from lambdas.collection.athena import EXCLUDED_MAX, FINAL_STATES, AthenaQueries, Group, QueryExecution
from lambdas.collection.delivery import Delivery
from lambdas.collection.direct import count
from lambdas.collection.events import CollectionResult, CollectionStatus, CollectRequest
from lambdas.collection.hours import HourRange
from lambdas.collection.log_files import LogFile, LogFiles
from lambdas.collection.models import LoggedModels
from lambdas.collection.pending import PendingQueries, PendingQuery
from lambdas.collection.selection import Selection, multi_turn

READ_MAX_BYTES = 256 * 1024**2
"""Compressed logs that one invocation reads: about 3 GB of records, a few of its fifteen minutes."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Collects prompts.

    Args:
        recipes: loads a recipe by name.
        logs: the log files.
        queries: starts and reads Athena queries.
        pending: the queries that have not ended.
        models: resolves logged model ids.
        delivery: writes to the home Region.
        results: iterates over a query's result, by its URI.
        now: the clock.
    """

    recipes: Callable[[str], Recipe]
    logs: LogFiles
    queries: AthenaQueries
    pending: PendingQueries
    models: LoggedModels
    delivery: Delivery
    results: Callable[[str], Iterable[Group]]
    now: Callable[[], datetime]

    def collect(self, request: CollectRequest) -> CollectionResult:
        """Collect prompts, or start a query for them. Raises BadRequest, UnusableLogs."""
        recipe = self.recipes(request.recipe)
        hours = HourRange.ending_at(self.now(), source_of(recipe).days, request.since)
        match source_of(recipe).how:
            case LogReadMode.ATHENA:
                return self._start_query(recipe, hours)
            case LogReadMode.DIRECT:
                return self._direct(recipe, request)
            case LogReadMode.READ:
                files = small(self.logs.files(hours))
                return self._deliver(recipe, self._selection(recipe).read(self.logs.lines(files)))

    def deliver_query(self, query: str) -> CollectionResult:
        """Deliver the result of a query that has ended, or start another one without the damaged file at which it
        ended. Ignores a query that is not pending. Raises UnusableLogs.

        The query is pending until it is done with: after an error of a service, a retry or the next poll takes it up.
        """
        pending = self.pending.get(query)
        execution = self.queries.get(query) if pending else None
        if pending is None or execution is None or execution.state not in FINAL_STATES:
            reason = "the query is not pending, or has not ended"
            return CollectionResult(status=CollectionStatus.IGNORED, query=query, reason=reason)
        try:
            result = self._deliver_execution(self.recipes(pending.recipe), pending, execution)
        except Refused:
            self.pending.remove(query)
            raise
        self.pending.remove(query)
        return result

    def _selection(self, recipe: Recipe) -> Selection:
        """An empty selection."""
        return Selection(
            source=source_of(recipe),
            account=self.logs.account,
            multi_turn=multi_turn(recipe.student),
            fetch=self.logs.body,
            is_teacher=lambda logged: self.models.is_model(logged, recipe.teacher),
            other_model=self.models.reason,
            limit=max_prompts(recipe),
        )

    def _direct(self, recipe: Recipe, request: CollectRequest) -> CollectionResult:
        if request.since is not None:
            raise BadRequest(f"the job of recipe {recipe.name!r} reads all logs, so since has no effect; leave it out")
        files = small(self.logs.all_files())
        counted = count(recipe, self.logs, files, self.models)
        uri = self.delivery.deliver_direct(recipe.name, counted.direct)
        return CollectionResult(
            status=CollectionStatus.COLLECTED,
            recipe=recipe.name,
            uri=uri,
            calls=counted.calls,
            prompts=counted.direct.calls,
            left_out=counted.left_out,
            of_anybody=True,
        )

    def _start_query(self, recipe: Recipe, hours: HourRange) -> CollectionResult:
        token = names.token(recipe.name, self.now().isoformat())  # a retry by boto3 is the same query
        return self._query(recipe, hours, token)

    def _query(self, recipe: Recipe, hours: HourRange, token: str, excluded: tuple[str, ...] = ()) -> CollectionResult:
        query = self.queries.start(source_of(recipe), self.logs.account, hours, token, excluded)
        self.pending.add(PendingQuery(query=query, recipe=recipe.name, span=hours, excluded=excluded))
        return CollectionResult(
            status=CollectionStatus.QUERYING,
            recipe=recipe.name,
            query=query,
            of_anybody=not source_of(recipe).principals,
        )

    def _deliver_execution(self, recipe: Recipe, pending: PendingQuery, query: QueryExecution) -> CollectionResult:
        log.info("query %s %s, %d bytes scanned", query.id, query.state, query.scanned)
        if query.state == "SUCCEEDED":
            selection = self._selection(recipe).read_groups(self.results(query.uri))
            if pending.excluded:
                selection.read(self.logs.lines(small(self.logs.named(pending.span, pending.excluded))))
            return self._deliver(recipe, selection, query.id)
        damaged = [uri for uri in query.named if uri.startswith(self.logs.uri) and uri not in pending.excluded]
        excluded = (*pending.excluded, *damaged)
        if query.state == "FAILED" and damaged and len(excluded) <= EXCLUDED_MAX:
            log.warning("query %s ended at %s; another one leaves it out", query.id, damaged)
            return self._query(recipe, pending.span, names.token(recipe.name, query.id), excluded)
        raise UnusableLogs(
            f"the query {query.id} of recipe {recipe.name!r} is {query.state}: {query.reason}. A query ends at a "
            f"damaged log file, and up to {EXCLUDED_MAX} that Athena names are left out, of which "
            f"{len(pending.excluded)} were; how = 'read' skips and counts any number of them"
        )

    def _deliver(self, recipe: Recipe, selection: Selection, query: str | None = None) -> CollectionResult:
        prompts = selection.prompts
        if len(prompts) < (least := min_prompts(recipe)):
            raise UnusableLogs(
                f"{len(prompts)} prompts of recipe {recipe.name!r} are in the logs ({selection.calls} calls match, "
                f"left out: {dict(selection.left_out) or 'none'}), and {least} are needed for training and held-out "
                "prompts; nothing was sent"
            )
        return CollectionResult(
            status=CollectionStatus.COLLECTED,
            recipe=recipe.name,
            uri=self.delivery.deliver(recipe.name, prompts),
            query=query,
            calls=selection.calls,
            prompts=len(prompts),
            left_out=dict(selection.left_out),
            of_anybody=not source_of(recipe).principals,
        )


def small(files: list[LogFile]) -> list[LogFile]:
    """Return the files. Raises UnusableLogs if they are too large to read without a query."""
    size = sum(file.size for file in files)
    if size > READ_MAX_BYTES:
        raise UnusableLogs(
            f"{len(files)} log files have {size} bytes, and at most {READ_MAX_BYTES} are read without a query; "
            "collect from a later day on (--since), or set how = 'athena' in the recipe"
        )
    return files


def source_of(recipe: Recipe) -> LogSource:
    """Return the recipe's filter. Raises BadRequest if its prompts are uploaded."""
    if recipe.logs is None:
        raise BadRequest(
            f"recipe {recipe.name!r} collects no prompts from logs; add [recipes.{recipe.name}.logs], or upload a file"
        )
    return recipe.logs


def min_prompts(recipe: Recipe) -> int:
    """Return the fewest prompts of which enough remain for training if the dataset stage holds out just its share.

    It may hold out some more, because digests decide. Then the data set is refused, and the next collection has more.
    """
    enough = (
        count for count in itertools.count(MIN_PROMPTS) if count - round(recipe.heldout_share * count) >= MIN_PROMPTS
    )
    return next(enough)


def max_prompts(recipe: Recipe) -> int:
    """Return the most prompts that a run uses, for training and held out.

    Of so many, no more than a job takes remain for training, even if chance holds out fewer than the share
    (by `DEVIATIONS` standard deviations).
    """
    share, most = recipe.heldout_share, MAX_PROMPTS
    while most < MOST_TO_CHOOSE_FROM:
        following = most + 1
        if following * (1 - share) + DEVIATIONS * math.sqrt(following * share * (1 - share)) > MAX_PROMPTS:
            break
        most = following
    return most
