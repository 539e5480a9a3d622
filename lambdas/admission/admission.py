"""Admits the student of another environment by its signed record, which is consumed once and for ever.

The record is verified as it was received, and nothing in it is read before. What is refused leaves no trace; what is
admitted has spent nothing yet.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from distillery.core import clock
from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aliases import Aliases
from distillery.core.decisions import check_reason, require_reason
from distillery.core.errors import BadRequest, RecordRefused, RunActive
from distillery.core.escaping import NAME_MAX, address
from distillery.core.function_url import Caller
from distillery.core.ledger.holders import HolderKind, new_holder, promoted_recipe
from distillery.core.ledger.items import busy_message
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion, awaits_prompts, ended_without_student, state_of
from distillery.core.ledger.table import READS_MAX
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Stage
from distillery.core.promotions import AdmissionAnswer, AdmissionRequest, AdmittedRecord, Way, promotion_folder
from distillery.core.recipe import Recipe
from distillery.records.admission import PromotionRequest, TargetEnvironment, admit
from distillery.records.refusal import Refusal, refused
from distillery.records.rules import AdmissionRules
from distillery.records.statement import HELDOUT, TRAINING
from distillery.records.verification import Verified, VerifyingKey, verify
from distillery.records.ways import Place
from lambdas.admission.ways import choose_way

MayDecide = Callable[[str], None]
"""Raises NotAdmitted unless the caller may decide about the recipe of that name."""


@dataclass(frozen=True, slots=True)
class AdmissionDecider:
    """Decides on requests. `recipes`: loads a recipe of this environment by name, and raises BadRequest for others."""

    place: Place
    rules: AdmissionRules
    keys: Sequence[VerifyingKey]
    recipes: Callable[[str], Recipe]
    ledger: Ledger
    promotions: Promotions
    aliases: Aliases
    notices: Notices

    def decide(self, request: AdmissionRequest, by: Caller, may_decide: MayDecide) -> AdmissionAnswer:
        """Begins, resumes or abandons a promotion.

        Raises:
            BadRequest: There is no such promotion, or it cannot be resumed or abandoned.
            NotAdmitted: The caller may not decide about the recipe.
            RecordRefused: The record does not admit its student.
            RunActive: Another promotion of the recipe has not ended.
        """
        check_reason(request.reason)
        if request.abandon:
            return self._abandon(request, by, may_decide)
        if request.promotion:
            may_decide(promoted_recipe(request.promotion))
            return self._resume(request, by)
        verified = self._verify(request)
        may_decide(verified.statement.record.recipe)
        return self._begin(verified, request, by)

    def _verify(self, request: AdmissionRequest) -> Verified:
        try:
            received = base64.b64decode(request.record, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("record is not base64; send the bytes of the record's file in base64") from None
        return verify(received, self.keys)

    def _begin(self, verified: Verified, request: AdmissionRequest, by: Caller) -> AdmissionAnswer:
        """Consumes the record. Another request may be faster: then its promotion is found by the next try."""
        name = verified.statement.record.recipe
        for _ in range(READS_MAX):
            now = clock.now()
            promotion = StudentPromotion(
                id=new_holder(HolderKind.PROMOTION, name, now),
                recipe=name,
                way=_confirmed(self._admitted(verified), request.way),
                record=admitted_record(verified),
                by=by.arn,
                by_id=by.id,
                reason=request.reason,
                opened=now.isoformat(timespec="seconds"),
            )
            if self.promotions.begin(promotion):
                self._notify(promotion, f"was admitted by {by.arn}: {request.reason or 'no reason given'}.")
                return self._answer(promotion, first=True)
        raise RunActive(busy_message(name, "other promotions that are just starting"))

    def _admitted(self, verified: Verified, promotion: str = "") -> Way:
        """The way. Raises RecordRefused with the first reason not to promote. `promotion`: the one that has used the
        record already, where it is admitted again."""
        record = verified.statement.record
        used_by = self.promotions.used_by(verified.digest, record.environment, record.run)
        target = TargetEnvironment(
            environment=self.place.environment,
            through=self.rules.through,
            admits_overruled=self.rules.admits_overruled,
            valid_days=self.rules.valid_days,
            recipe=self._recipe(record.recipe),
            live_since=self._live_since(record.recipe),
            used_by=used_by,
        )
        try:
            admit(PromotionRequest(verified=verified, promotion=promotion, now=clock.now()), target)
        except RecordRefused as error:
            if error.reason == Refusal.REPLAYED:
                raise refused(Refusal.REPLAYED, str(error), promotion=used_by) from None
            raise
        assert target.recipe is not None
        return choose_way(admitted_record(verified), target.recipe, self.place, clock.now().date())

    def _recipe(self, name: str) -> Recipe | None:
        try:
            return self.recipes(name)
        except BadRequest:
            return None

    def _live_since(self, recipe: str) -> str | None:
        """When the live model was judged: in the source, where it came by a promotion, because only times of one
        environment are in the order of its runs."""
        alias = self.aliases.read(Names(self.place.environment).alias(recipe))
        if alias is None:
            return None
        try:
            run = self.ledger.run(alias.run)
        except BadRequest:  # of a ledger that was replaced
            return alias.changed
        if run.promotion:
            return self.promotions.find(run.promotion).record.judged
        stage = run.stages.get(Stage.EVALUATION)
        return (stage.ended if stage else None) or alias.changed

    def _resume(self, request: AdmissionRequest, by: Caller) -> AdmissionAnswer:
        """The promotion again. Its record is verified again too, because a key may have been withdrawn since."""
        promotion, verified = self.promotions.find(request.promotion), self._verify(request)
        digest = verified.digest
        if digest != promotion.record.digest:
            raise refused(
                Refusal.OTHER_RUN,
                f"promotion {promotion.id} is of record {promotion.record.digest}, and the record that was sent is "
                f"{digest}; resume it with the record of run {promotion.record.run} of {promotion.record.environment}",
            )
        if promotion.abandoned:
            raise BadRequest(
                f"promotion {promotion.id} was abandoned at {promotion.abandoned} by {promotion.abandoned_by}, and its "
                "record stays used; only an open promotion can be resumed: promote another run"
            )
        if request.again:
            promotion = self._admit_again(promotion, verified, by)
        if awaits_prompts(promotion, self.promotions.run_of(promotion)):
            self._ways.check(promotion)  # before its prompts are copied
        return self._answer(promotion, first=False)

    def _admit_again(self, promotion: StudentPromotion, verified: Verified, by: Caller) -> StudentPromotion:
        """Lets another run follow one that has ended without a student, if every rule still admits the record. Its
        prompts alone open none: whoever may upload them need not be a decider."""
        run = self.promotions.run_of(promotion)
        if run is None or not ended_without_student(run):
            return promotion
        self.promotions.still_latest(promotion.id)
        way = self._admitted(verified, promotion.id)
        if way is not promotion.way:
            raise BadRequest(
                f"promotion {promotion.id} was admitted for the way {promotion.way}, and the settings now lead to "
                f"{way}; only the way that was admitted can be tried again: change the settings back, or promote "
                "another run"
            )
        return self.promotions.admit_again(promotion, by_id=by.id)

    def _abandon(self, request: AdmissionRequest, by: Caller, may_decide: MayDecide) -> AdmissionAnswer:
        may_decide(promoted_recipe(request.promotion))
        require_reason(request.reason, f"the end of promotion {request.promotion!r}")
        before = self.promotions.find(request.promotion)
        promotion = self.promotions.abandon(request.promotion, by=by.arn, reason=request.reason)
        if not before.abandoned:
            self._notify(promotion, f"was abandoned by {by.arn}: {promotion.abandoned_reason}.")
        return self._answer(promotion, first=not before.abandoned)

    @property
    def _ways(self) -> AdmittedWays:
        lenders = () if self.place.keeps_data else self.rules.through
        return AdmittedWays(lenders=lenders, copy_from=self.rules.copy_from)

    def _answer(self, promotion: StudentPromotion, *, first: bool) -> AdmissionAnswer:
        run = self.promotions.run_of(promotion)
        return AdmissionAnswer(
            promotion=promotion.id,
            way=promotion.way,
            prefix=promotion_folder(promotion.recipe, promotion.id),
            run=promotion.run,
            first=first,
            state=state_of(promotion, run),
            awaits_prompts=awaits_prompts(promotion, run),
            has_student=run is not None and run.has_student,
        )

    def _notify(self, promotion: StudentPromotion, what: str) -> None:
        record = promotion.record
        self.notices.publish(
            f"Distillery: promotion of {promotion.recipe} from {record.environment}",
            f"Promotion {promotion.id} of run {address(record.run, NAME_MAX)} of {record.environment}, way "
            f"{promotion.way}, {what}",
        )


def _confirmed(way: Way, seen: Way | None) -> Way:
    """The way. Raises RecordRefused where it is not the one that the person has seen, at another price."""
    if seen in (None, way):
        return way
    raise refused(
        Refusal.OTHER_WAY,
        f"the way here is {way}, and {seen} was confirmed; the deployed settings of the two environments may "
        "differ from those in the folder of settings: deploy them, and look at the ways again (distillery promote with "
        "--dry-run)",
    )


def admitted_record(verified: Verified) -> AdmittedRecord:
    """What is kept of the record."""
    record, subjects = verified.statement.record, verified.statement.subjects
    return AdmittedRecord(
        digest=verified.digest,
        environment=record.environment,
        account=record.account,
        region=record.region,
        run=record.run,
        model_arn=record.model_arn,
        job_arn=record.job_arn,
        judged=record.evaluation.judged,
        issued=record.issued,
        expires=record.expires,
        dataset_digest=record.training.dataset_digest,
        training_digest=record.training_digest,
        training_sha256=subjects.get(TRAINING, ""),
        heldout_sha256=subjects.get(HELDOUT, ""),
        asked=max((one.asked for one in record.evaluation.models), default=0),
        keeps_data=record.keeps_data,
        chain=record.chain,
    )
