"""The end of the evaluation: all parts together, judged, reported, and entered in the ledger."""

from distillery.core import clock
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Run, Stage, Student, Verdict
from distillery.evaluation.contenders import contenders
from distillery.evaluation.verdict import judge
from lambdas.evaluation.parts import Parts, chunks


def conclude(run: Run, student: Student, parts: Parts, ledger: Ledger, region: str) -> Verdict:
    """The verdict, by today's prices. A repeat writes the same report again. Raises EvaluationFailed."""
    prompts = parts.heldout()
    rows = {index: row for chunk in chunks(len(prompts)) for index, row in parts.read(chunk).items()}
    priced = contenders(run, student, region=region, on=clock.now().date())
    verdict, report = judge(run, prompts, rows, priced, report_uri=parts.uri("report.json"))
    parts.store.write_json(verdict.report_uri, report)
    ledger.end(run.id, Stage.EVALUATION, verdict)
    return verdict
