"""`distillery promote`: promotes the student of a run to another environment."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.promote_documents import PromoteOutput
from distillery.cli.record_documents import RefusalOutput
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, echo_error, write_json
from distillery.core.errors import BadRequest, NotAdmitted, OverBudget, RecordRefused
from distillery.core.promotions import VERB, Way

if TYPE_CHECKING:
    from distillery.cli.promote.admission import Admission
    from distillery.cli.promote.plan import PromotionPlan
    from distillery.cli.promote.sharing import CopyShare
    from distillery.core.promotions import AdmissionAnswer


def promote(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run whose student went live, or the s3:// address of its record.")],
    to: Annotated[str, typer.Option("--to", help="The environment to promote to, by the name of its settings file.")],
    to_profile: Annotated[
        str | None,
        typer.Option(
            help="Profile of the AWS configuration with the credentials for the target. Default: the current ones."
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; the target's ledger keeps it.")] = "",
    allow_rolled_back: Annotated[
        bool,
        typer.Option(
            "--allow-rolled-back",
            help="Promote the student although the environment has rolled it back; needs --reason.",
        ),
    ] = False,
    promotion: Annotated[
        str,
        typer.Option(
            help="A promotion to resume, by its id. One that waits for its prompts is found without it; one whose run "
            "ended without a student gets another run."
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show everything, and start nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; needs --yes or --dry-run.")] = False,
) -> None:
    """Promote the student of a run to the next environment, by the signed record of the run.

    Three ways exist: the target uses the source's model, copies it, or trains its own on the same prompts. Each is
    shown with its cost, or with the reason why it is not possible. Then the target's own account verifies the record
    and consumes it, and the prompts are copied there: every way needs them, to train or to judge. If the command is
    interrupted, repeat it.
    """
    from distillery.cli.promote.plan import plan
    from distillery.cli.promote.printing import show

    on = target(context)
    if to == on.environment:
        raise BadRequest(f"--to is {to!r}, the environment of the run itself; name the next one, or pass another --env")
    if on.local and to_profile:
        raise BadRequest("--to-profile is for AWS; the local account knows its users: leave it out with --local")
    if as_json and not (yes or dry_run):
        raise BadRequest("--json asks nothing; confirm with --yes, or start nothing with --dry-run")
    if allow_rolled_back and not reason.strip():
        raise BadRequest("--allow-rolled-back needs a reason, which the target's ledger keeps: add --reason WHY")
    found = plan(on, run, to, to_profile, reason if allow_rolled_back else "")
    made = found.output
    if not as_json:
        show(made)
    if (made.admitted or promotion) and found.verified and not dry_run:
        made = _promoted(on, found, promotion=promotion, reason=reason, yes=yes, as_json=as_json)
    elif made.admitted and not as_json:
        echo("nothing was started; to start it: {}", made.next)
    if as_json:
        write_json(document("promote", made))
    if not made.admitted:
        raise typer.Exit(ExitCode.REFUSED)


def _promoted(
    on: Target, found: "PromotionPlan", *, promotion: str, reason: str, yes: bool, as_json: bool
) -> PromoteOutput:
    """Starts or resumes the promotion. Nothing is spent or written before the target has admitted the record."""
    from distillery.cli.promote.admission import Admission
    from distillery.cli.promote.sharing import copy_share, is_copied, needs_share
    from distillery.client import FunctionRefused

    there = _reachable(found)
    _check_startable(found)
    seen = Way(found.output.way) if found.output.way else None
    if not yes:
        way = next(one for one in found.output.ways if one.way == (seen or Way.REDISTIL))
        cost = "an unknown amount" if way.total_usd is None else f"about ${way.total_usd}, ${way.at_most_usd} at most"
        confirm(
            "Promote run {} of {} to {}, way {}, at a cost of {}?",
            found.output.run,
            on.environment,
            there.environment,
            way.way,
            cost,
        )
    share = copy_share(on, found)
    new_copy = share if is_copied(found) and not promotion else None
    if new_copy:  # first, so that a source that does not share leads to no promotion
        new_copy.begin()
    admission = Admission(there=there, record=found.received, reason=reason, way=seen)
    try:
        answer = admission.request(promotion)
    except FunctionRefused as refused:
        used = refused.details.get("promotion") or refused.name == NotAdmitted.__name__
        if new_copy and not used:  # else an earlier promotion of the run may need it
            new_copy.end()
        if refused.name != RecordRefused.__name__:
            raise
        said = RefusalOutput(reason=refused.details.get("reason", ""), sentence=str(refused))
        if not as_json:
            echo("[red]refused[/red] ({}): {}", said.reason, said.sentence)
        return replace(found.output, admitted=False, refusals=[said], unchecked=[], way=None, next=None)
    except Exception as error:
        if new_copy:  # the target may have admitted the record, and copy: the share stays
            error.add_note(f"the model is shared with account {new_copy.account}; the share ends within a day")
        raise
    if not as_json:
        how = "is admitted" if answer.first else "is continued"
        echo("promotion [bold]{}[/bold] {} in {}", answer.promotion, how, there.environment)
    if answer.way != (seen or Way.REDISTIL) and answer.awaits_prompts and not yes:
        confirm("It was admitted with another way, {}, and keeps it; continue?", answer.way)
    copies = share if answer.way is Way.COPY else new_copy
    if copies:
        copies.settle(answer)
    started = _started(on, found, admission, answer, as_json=as_json) if answer.awaits_prompts else answer.run
    follow = there.command("watch", started) if started else there.command("promotions")
    if not as_json:
        if started and not answer.awaits_prompts:
            echo("its run [bold]{}[/bold] is {}; follow it with: {}", started, answer.state, follow)
        elif started:
            echo("run [bold]{}[/bold] has begun; follow it with: {}", started, follow)
        else:
            echo("the run has not begun yet; see what it waits for with: {}", follow)
    if copies and started and needs_share(answer):
        _end_after_copy(copies, admission, answer, as_json=as_json)
    return replace(
        found.output,
        admitted=True,
        refusals=[],
        unchecked=[],
        way=answer.way,
        next=follow,
        promotion=answer.promotion,
        first=answer.first,
        started_run=started or None,
    )


def _end_after_copy(share: "CopyShare", admission: "Admission", answer: "AdmissionAnswer", *, as_json: bool) -> None:
    """Ends the share once the target has its copy."""
    from distillery.cli.promote.sharing import needs_share

    within = "the share of the model ends within a day"
    again = f"the same command with --promotion {answer.promotion} ends it as soon as the copy is there"
    if not as_json:
        echo("the model is shared with account {} until the copy is there", share.account)
    try:
        answer = share.wait(admission, answer)
    except KeyboardInterrupt:
        echo_error("\nthe promotion goes on, and {}; {}", within, again)
        raise
    except Exception as error:
        error.add_note(f"the promotion goes on, and {within}; {again}")
        raise
    if needs_share(answer):
        said = f"the run copies the model after its approval, and {within}; {again}"
    else:
        share.end()
        said = "the model is not shared any more"
    if not as_json:
        echo("{}", said)


def _started(
    on: Target, found: "PromotionPlan", admission: "Admission", answer: "AdmissionAnswer", *, as_json: bool
) -> str:
    """Copies the prompts, and returns the run that begins; empty if it has not yet."""
    from distillery.cli.promote.copying import copy_prompts, start

    assert found.verified is not None
    after = f"promotion {answer.promotion} continues when the same command is run again"
    try:
        if found.no_prompts:
            raise BadRequest(f"{found.no_prompts}; promotion {answer.promotion} waits for them")
        for name, size in copy_prompts(on, admission.there, found.verified.statement, answer.prefix):
            if not as_json:
                echo("copied {} ({} bytes)", name, size)
        start(admission.there, answer.prefix)
        look = admission.there.command("promotions")
        after = f"promotion {answer.promotion} has its prompts, and goes on; see its run with: {look}"
        return admission.run_after(answer)
    except KeyboardInterrupt:
        echo_error("\n{}", after)
        raise
    except Exception as error:
        error.add_note(after)
        raise


def _reachable(found: "PromotionPlan") -> Target:
    """The target, which the credentials reach. Raises BadRequest where there are none for it."""
    from distillery.client import NotDeployed

    assert found.there is not None
    there, settings = found.there.target, found.there.settings
    account = f"account {settings.account}" if settings.account else "an account that its settings do not name"
    fix = f"{settings.environment} is in {account}: name a profile with credentials for it, --to-profile PROFILE"
    if there is None:
        raise BadRequest(f"the current credentials are not for {settings.environment}; {fix}")
    try:
        admits = VERB in there.account.pipeline.get("decisions", {})
    except NotDeployed as error:
        error.add_note(fix)
        raise
    if not admits:
        raise BadRequest(
            f"{settings.environment} is deployed without an admission function; its table [promotion] must name "
            "`through` and `public_keys`: deploy it with them"
        )
    return there


def _check_startable(found: "PromotionPlan") -> None:
    """Raises what the target would refuse after it has consumed the record."""
    assert found.there is not None
    assert found.verified is not None
    recipe = found.there.recipe(found.verified.statement.record.recipe)
    chosen = next((one for one in found.output.ways if one.way == found.output.way), None)
    if chosen is None:
        return
    if found.no_prompts:
        needs = "trains on" if chosen.way == Way.REDISTIL else "judges by"
        raise BadRequest(f"{found.no_prompts}; the target {needs} them, so nothing was started")
    if chosen.over_budget and recipe is not None and recipe.over_budget == "refuse":
        raise OverBudget(f"{found.there.environment} would refuse the run: {chosen.over_budget}; nothing was started")
