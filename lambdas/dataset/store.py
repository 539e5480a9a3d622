"""Writes a data set where its content says: `datasets/<recipe>/<digest>/` of the data bucket."""

from distillery.core.aws import ObjectStore
from distillery.core.names import DATASETS_PREFIX
from distillery.core.pipeline import Dataset
from distillery.datasets.examine import Progress
from distillery.datasets.report import report
from lambdas.dataset.quarantine import NAME, quarantined


def store(data: ObjectStore, bucket: str, progress: Progress, status: str) -> Dataset:
    """Of an examined upload. The same prompts go to the same place; the report there, and the lines that were put
    aside, are of the last upload of them."""
    reading, prepared, estimated = progress.reading, progress.prepared, progress.estimated
    assert reading is not None
    assert prepared is not None
    assert estimated is not None
    base = f"s3://{bucket}/{DATASETS_PREFIX}{progress.recipe}/{prepared.digest}"
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
        at_most_usd=estimated.at_most_usd,
        put_aside=len(reading.aside),
    )
    data.write(dataset.uri, prepared.train)
    data.write(dataset.heldout_uri, prepared.heldout)
    told = report(status, progress) | {"put_aside": dataset.put_aside}
    if reading.aside:
        told["quarantine_uri"] = f"{base}/{NAME}"
        data.write(told["quarantine_uri"], quarantined(reading.aside))
    data.write_json(dataset.report_uri, told)
    return dataset
