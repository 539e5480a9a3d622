"""Who uploaded the objects that a run was made from, and who had the record of its promotion admitted.

S3 reports the uploader of each object, with a delay.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from distillery.core import names
from distillery.core.ledger.items import read_run
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """An uploaded object. `principal`: the unique id, as in `AROA…:session`; None where S3 has not reported it."""

    uri: str
    version: str
    principal: str | None = None


class Uploads:
    """Records are written once and never changed, so the first reported uploader of a version stays."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record_upload(self, upload: Uploaded) -> None:
        """Records the uploader that S3 reported. Reports may be repeated."""
        principal = upload.principal or ""
        self._table.put_new({"pk": _object(upload.uri), "sk": upload.version, "principal": principal})

    def record_inputs(self, run: str, objects: Iterable[tuple[str, str]]) -> None:
        """Records the objects that a run was made from, by address and version."""
        for uri, version in objects:
            sk = names.digest([uri, version])  # a URI may be longer than a sort key
            self._table.put_new({"pk": f"uploads#{run}", "sk": sk, "uri": uri, "version": version})

    def of(self, run: str) -> list[Uploaded]:
        """The objects that a run was made from."""
        return [
            Uploaded(uri=uri, version=version, principal=self._principal(uri, version))
            for uri, version in ((item["uri"], item["version"]) for item in self._table.query(f"uploads#{run}"))
        ]

    def senders(self, run: str) -> tuple[str, ...]:
        """The unique ids of those who had the record admitted by which the run was promoted; none for another run."""
        promotion = read_run(self._table, run).get("promotion", "")
        return Promotions(self._table).find(promotion).senders if promotion else ()

    def _principal(self, uri: str, version: str) -> str | None:
        return (self._table.get(_object(uri), version) or {}).get("principal")


def _object(uri: str) -> str:
    return f"object#{uri}"
