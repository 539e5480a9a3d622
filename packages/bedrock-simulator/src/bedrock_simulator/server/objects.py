"""S3 for the simulator that stands alone: buckets that are folders."""

from pathlib import Path

from bedrock_simulator.ports import ObjectDenied, ObjectMissing

ANYWHERE = "any"


class FolderObjects:
    """A bucket is a folder of `root`, an object a file in it. Buckets are the same for all accounts.

    `region` is where they all are; `any` puts each where it is asked for. Roles may read and write all of them.
    """

    def __init__(self, root: Path, region: str = ANYWHERE) -> None:
        self._root, self._region = root.resolve(), region

    def _is_bucket(self, name: str) -> bool:
        return "/" not in name and name not in ("", ".", "..") and (self._root / name).is_dir()

    def _file(self, bucket: str, key: str) -> Path:
        if not self._is_bucket(bucket):
            raise ObjectMissing(f"there is no bucket {bucket}: {self._root} has no such folder")
        if any(part in ("", ".", "..") for part in key.split("/")) or "\0" in key:
            raise ObjectDenied(f"the key {key!r} is not the path of a file")
        return self._root / bucket / key

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """The whole file."""
        try:
            return self._file(bucket, key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing(f"s3://{bucket}/{key} does not exist") from None
        except OSError as why:
            raise ObjectDenied(f"s3://{bucket}/{key} cannot be read: {why}") from why

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes the file, and the folders above it."""
        path = self._file(bucket, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        except OSError as why:
            raise ObjectDenied(f"s3://{bucket}/{key} cannot be written: {why}") from why

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """The keys of the files below the bucket's folder that begin with the prefix."""
        folder = self._file(bucket, "a").parent
        keys = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(key for key in keys if key.startswith(prefix))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """As `put`: no bucket has a policy."""
        self.put(account, region, source_arn, bucket, key, body)

    def home(self, account: str, region: str, bucket: str) -> str | None:
        """The Region of the bucket."""
        if not self._is_bucket(bucket):
            return None
        return region if self._region == ANYWHERE else self._region
