"""Buckets in folders: no access outside of them, and errors for what does not exist."""

import socket
from pathlib import Path

import pytest

from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.server.backends import FolderObjects, PatternRoles

A, R, ROLE = "111111111111", "us-east-1", "arn:aws:iam::111111111111:role/path/distillation"


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    (tmp_path / "buckets" / "mine").mkdir(parents=True)
    (tmp_path / "buckets" / "stray.jsonl").write_text("no bucket")
    (tmp_path / "secret").write_text("no bucket either")
    return FolderObjects(tmp_path / "buckets")


def test_what_is_written_is_read_and_listed(objects: FolderObjects) -> None:
    objects.put(A, R, ROLE, "mine", "out/b.csv", b"2")
    objects.deliver(A, R, "arn:aws:bedrock:::*", "mine", "out/a.csv", b"1")
    objects.put(A, R, ROLE, "mine", "other", b"3")
    assert objects.list(A, R, ROLE, "mine", "ou") == ["out/a.csv", "out/b.csv"]
    assert objects.get(A, R, ROLE, "mine", "out/a.csv") == b"1"


@pytest.mark.parametrize(
    ("bucket", "key", "error"),
    [
        ("mine", "absent", ObjectMissing),
        ("mine", "absent/deeper", ObjectMissing),
        ("yours", "a", ObjectMissing),
        ("stray.jsonl", "a", ObjectMissing),
        ("..", "secret", ObjectMissing),
        (".", "mine", ObjectMissing),
        ("mine/..", "stray.jsonl", ObjectMissing),
        ("mine", "../stray.jsonl", ObjectDenied),
        ("mine", "../../secret", ObjectDenied),
        ("mine", "/etc/passwd", ObjectDenied),
        ("mine", "a//b", ObjectDenied),
        ("mine", "a\0", ObjectDenied),
    ],
)
def test_nothing_outside_of_a_bucket_can_be_named(
    objects: FolderObjects, bucket: str, key: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        objects.get(A, R, ROLE, bucket, key)


def test_a_file_in_place_of_a_folder_is_an_error(objects: FolderObjects, tmp_path: Path) -> None:
    objects.put(A, R, ROLE, "mine", "a", b"1")
    with pytest.raises(ObjectDenied, match="s3://mine/a/b cannot be written"):
        objects.put(A, R, ROLE, "mine", "a/b", b"2")
    with socket.socket(socket.AF_UNIX) as strange:
        strange.bind(str(tmp_path / "buckets" / "mine" / "strange"))
        with pytest.raises(ObjectDenied, match="cannot be read"):
            objects.get(A, R, ROLE, "mine", "strange")


def test_a_bucket_is_in_any_region_or_in_the_configured_one(objects: FolderObjects, tmp_path: Path) -> None:
    assert objects.bucket_region(A, "us-west-2", "mine") == "us-west-2"
    assert objects.bucket_region(A, R, "yours") is None
    assert FolderObjects(tmp_path / "buckets", "eu-west-1").bucket_region(A, R, "mine") == "eu-west-1"


@pytest.mark.parametrize(
    ("role", "taken"),
    [
        (ROLE, True),
        ("arn:aws:iam::222222222222:role/distillation", False),
        ("arn:aws:iam::111111111111:user/me", False),
        ("distillation", False),
    ],
)
def test_a_role_is_what_looks_like_one_of_the_callers_account(role: str, taken: bool) -> None:
    refusal = PatternRoles().check_trust(
        A, R, role, "arn:aws:bedrock:us-east-1:111111111111:model-customization-job/a/b"
    )
    assert (refusal is None) is taken
    assert taken or f"{role} is one of account {A}" in str(refusal)
