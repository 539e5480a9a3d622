"""Buckets in folders: no access outside of them, and errors for what does not exist."""

import os
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


@pytest.fixture
def linked(objects: FolderObjects, tmp_path: Path) -> FolderObjects:
    """Links out of the folder of the buckets, within it, and to nowhere."""
    buckets = tmp_path / "buckets"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.jsonl").write_text("outside")
    (buckets / "mine" / "file").symlink_to(tmp_path / "secret")
    (buckets / "mine" / "folder").symlink_to(tmp_path / "outside")
    (buckets / "mine" / "up").symlink_to("../..")
    (buckets / "mine" / "self").symlink_to("self")
    (buckets / "mine" / "new").symlink_to(tmp_path / "created")
    (buckets / "gone").symlink_to(tmp_path / "outside")
    (buckets / "mine" / "whole").write_text("inside")
    (buckets / "mine" / "inner").symlink_to("whole")
    os.mkfifo(buckets / "mine" / "pipe")
    return objects


OUTWARD = ("file", "folder/a.jsonl", "folder/new", "up/secret", "up/outside/a.jsonl", "self", "new")


@pytest.mark.parametrize("key", OUTWARD)
def test_no_link_leads_out_of_the_folder_of_the_buckets(linked: FolderObjects, tmp_path: Path, key: str) -> None:
    before = {path: path.read_bytes() for path in tmp_path.glob("*") if path.is_file()}
    with pytest.raises(ObjectDenied, match="is a link that leads out of"):
        linked.get(A, R, ROLE, "mine", key)
    with pytest.raises(ObjectDenied, match="is a link that leads out of"):
        linked.put(A, R, ROLE, "mine", key, b"written outside")
    assert {path: path.read_bytes() for path in tmp_path.glob("*") if path.is_file()} == before
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["a.jsonl"]


def test_a_bucket_that_is_a_link_out_is_none(linked: FolderObjects) -> None:
    assert linked.bucket_region(A, R, "gone") is None
    with pytest.raises(ObjectMissing):
        linked.list(A, R, ROLE, "gone", "")


def test_only_files_within_are_listed_and_a_link_within_is_one(linked: FolderObjects) -> None:
    assert linked.list(A, R, ROLE, "mine", "") == ["inner", "whole"]
    assert linked.get(A, R, ROLE, "mine", "inner") == b"inside"


def test_a_pipe_does_not_block_its_reader_or_writer(linked: FolderObjects) -> None:
    with pytest.raises(ObjectDenied, match="is not a regular file"):
        linked.get(A, R, ROLE, "mine", "pipe")
    with pytest.raises(ObjectDenied, match="is not a regular file"):
        linked.put(A, R, ROLE, "mine", "pipe", b"1")


@pytest.mark.parametrize("key", ["x" * 300, "x/" * 2500 + "x", "\ud800"])
def test_a_name_that_no_file_can_have_is_refused(objects: FolderObjects, key: str) -> None:
    for call in (lambda: objects.get(A, R, ROLE, "mine", key), lambda: objects.put(A, R, ROLE, "mine", key, b"1")):
        with pytest.raises((ObjectDenied, ObjectMissing)):
            call()


def test_a_file_whose_name_is_not_utf_8_is_not_listed(objects: FolderObjects, tmp_path: Path) -> None:
    (tmp_path / "buckets" / "mine" / os.fsdecode(b"\xff.jsonl")).write_text("1")
    assert objects.list(A, R, ROLE, "mine", "") == []


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
