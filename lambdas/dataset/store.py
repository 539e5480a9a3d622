"""Writes a data set where its content says: `datasets/<recipe>/<digest>/` of the data bucket."""

from lambdas.dataset.prepared import Prepared
from lambdas.dataset.report import Progress, report
from lambdas.shared.aws import ObjectStore
from lambdas.shared.estimate import Estimate
from lambdas.shared.road import Dataset


def store(data: ObjectStore, bucket: str, progress: Progress, prepared: Prepared, estimated: Estimate) -> Dataset:
    """The same prompts go to the same place; the report there is of the last upload of them."""
    base = f"s3://{bucket}/datasets/{progress.recipe}/{prepared.digest}"
    dataset = Dataset(
        uri=f"{base}/train.jsonl",
        heldout_uri=f"{base}/heldout.jsonl",
        report_uri=f"{base}/report.json",
        digest=prepared.digest,
        prompts=prepared.size.prompts,
        heldout=prepared.size.heldout,
        labelled=prepared.labelled,
        duplicates=prepared.duplicates,
        tokens=prepared.size.tokens,
        estimate_usd=estimated.total_usd,
    )
    data.write(dataset.uri, prepared.train)
    data.write(dataset.heldout_uri, prepared.heldout)
    data.write_json(dataset.report_uri, report("accepted", progress))
    return dataset
