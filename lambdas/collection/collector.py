"""From logged calls to prompts in the home Region: read here, or chosen by a query."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from distillery.core import names
from distillery.core.errors import BadRequest, LogsUnfit
from distillery.core.journal import journal
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.logs import How, LogSource
from distillery.core.recipe import Recipe
from lambdas.collection.answer import Answer, Status
from lambdas.collection.choice import Choice, multi_turn
from lambdas.collection.delivery import Delivery
from lambdas.collection.direct import count
from lambdas.collection.logged import File, Logs
from lambdas.collection.models import Models
from lambdas.collection.pending import Pending, Waiting
from lambdas.collection.queries import ENDED, Queries, Query
from lambdas.collection.request import Collect
from lambdas.collection.span import Span

READ_MAX_BYTES = 256 * 1024**2
"""Packed logs that one invocation reads: some 3 GB of records, minutes of its fifteen."""

log = journal(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    recipes: Callable[[str], Recipe]
    logs: Logs
    queries: Queries
    pending: Pending
    models: Models
    delivery: Delivery
    results: Callable[[str], Iterable[bytes]]
    now: Callable[[], datetime]

    def collect(self, request: Collect) -> Answer:
        """Raises BadRequest, LogsUnfit."""
        recipe = self.recipes(request.recipe)
        span = Span.back(source_of(recipe).days, self.now(), request.since)
        match source_of(recipe).how:
            case How.ATHENA:
                return self._query(recipe, span)
            case How.DIRECT:
                return self._direct(recipe, request)
            case How.READ:
                files = small(self.logs.files(span))
                return self._deliver(recipe, self._choice(recipe).read(self.logs.lines(files)))

    def take_up(self, query: str) -> Answer:
        """What a query found, once it has ended. One that is not ours, or was taken up before, is ignored."""
        waiting = self.pending.find(query)
        found = self.queries.look(query) if waiting else None
        if waiting is None or found is None or found.state not in ENDED:
            return Answer(status=Status.IGNORED, query=query, reason="it is not waited for, or has not ended")
        try:
            answer = self._found(self.recipes(waiting.recipe), found)
        finally:
            self.pending.settled(query)
        return answer

    def _choice(self, recipe: Recipe) -> Choice:
        """Nothing chosen yet."""
        return Choice(
            source=source_of(recipe),
            account=self.logs.account,
            multi_turn=multi_turn(recipe.student),
            fetch=self.logs.body,
            is_teacher=lambda logged: self.models.is_model(logged, recipe.teacher),
            most=most_of(recipe),
        )

    def _direct(self, recipe: Recipe, request: Collect) -> Answer:
        if request.since is not None:
            raise BadRequest(f"recipe {recipe.name!r} gives its job all logs that are kept; leave out since")
        files = small(self.logs.all_files())
        counted = count(recipe, self.logs, files, self.models)
        uri = self.delivery.deliver_direct(recipe.name, counted.direct)
        return Answer(
            status=Status.COLLECTED,
            recipe=recipe.name,
            uri=uri,
            calls=counted.calls,
            prompts=counted.direct.calls,
            left_out=counted.left_out,
            of_anybody=True,
        )

    def _query(self, recipe: Recipe, span: Span) -> Answer:
        token = names.token(recipe.name, self.now().isoformat())  # a retry within boto3 is the same query
        query = self.queries.start(source_of(recipe), self.logs.account, span, most_of(recipe), token)
        self.pending.keep(Waiting(query=query, recipe=recipe.name, span=span))
        return Answer(
            status=Status.QUERYING, recipe=recipe.name, query=query, of_anybody=not source_of(recipe).principals
        )

    def _found(self, recipe: Recipe, query: Query) -> Answer:
        log.info("query %s %s, %d bytes scanned", query.id, query.state, query.scanned)
        if query.state != "SUCCEEDED":
            raise LogsUnfit(f"the query {query.id} of recipe {recipe.name!r} is {query.state}: {query.reason}")
        return self._deliver(recipe, self._choice(recipe).read(self.results(query.uri)), query.id)

    def _deliver(self, recipe: Recipe, choice: Choice, query: str | None = None) -> Answer:
        prompts = choice.prompts
        if len(prompts) < (least := least_of(recipe)):
            raise LogsUnfit(
                f"{len(prompts)} prompts of recipe {recipe.name!r} are in the logs ({choice.calls} calls match, left "
                f"out: {dict(choice.left_out) or 'none'}), and {least} are needed to learn from and to be held out; "
                "nothing was sent"
            )
        return Answer(
            status=Status.COLLECTED,
            recipe=recipe.name,
            uri=self.delivery.deliver(recipe.name, prompts),
            query=query,
            calls=choice.calls,
            prompts=len(prompts),
            left_out=dict(choice.left_out),
            of_anybody=not source_of(recipe).principals,
        )


def small(files: list[File]) -> list[File]:
    """Raises LogsUnfit where they are too large to be read one by one."""
    size = sum(file.size for file in files)
    if size > READ_MAX_BYTES:
        raise LogsUnfit(
            f"{len(files)} files of logs hold {size} bytes, and {READ_MAX_BYTES} are read one by one; collect from a "
            "later day on (--since), or write how = 'athena' in the recipe"
        )
    return files


def source_of(recipe: Recipe) -> LogSource:
    """Raises BadRequest for a recipe whose prompts are uploaded."""
    if recipe.logs is None:
        raise BadRequest(
            f"recipe {recipe.name!r} takes no prompts from logs; add [recipes.{recipe.name}.logs], or give it a file"
        )
    return recipe.logs


def least_of(recipe: Recipe) -> int:
    """So many that enough are left to learn from once the others are held out, as the dataset stage does."""
    enough = (
        count
        for count in itertools.count(MIN_PROMPTS)
        if count - min(recipe.heldout_max, round(recipe.heldout_share * count)) >= MIN_PROMPTS
    )
    return next(enough)


def most_of(recipe: Recipe) -> int:
    """As many different prompts as are of use: to learn from, and held out."""
    return MAX_PROMPTS + recipe.heldout_max
