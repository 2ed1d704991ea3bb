"""Results, brought here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cluster_agent.client.fetching import fetch_results
from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import JobView


class Shelf:
    """Blobs at hand, and which were asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []

    def file(self, path: str, content: bytes, *, signed: bool = False) -> ResultFile:
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return ResultFile(path=path, node="save", digest=digest, size=len(content), signed=signed)

    def download(self, digest: str, path: Path) -> None:
        self.asked.append(digest)
        path.write_bytes(self.kept[digest])
        path.chmod(0o600)


def job(*results: ResultFile) -> JobView:
    return JobView(
        id="j1", key="k", user="me", tier="free", priority=1, label="", model="", paused=False,
        state="COMPLETED", place=None, agent="a", attempt=1, step=1, steps=1, checkpoint=0,
        created=0.0, started=0.0, ended=0.0, charged=1.0, error="", results=results,
    )  # fmt: skip


def test_a_file_comes_under_its_own_name_for_all_to_read(tmp_path: Path) -> None:
    shelf = Shelf()
    (fetched,) = fetch_results(job(shelf.file("a.mp4", b"video", signed=True)), shelf, tmp_path)
    assert fetched.node == "save"
    assert fetched.artifact.path == tmp_path / "a.mp4"
    assert fetched.artifact.path.read_bytes() == b"video"
    assert (fetched.artifact.kind, fetched.artifact.signed) == ("video", True)
    (tmp_path / "plain").touch()
    assert os.stat(tmp_path / "a.mp4").st_mode == os.stat(tmp_path / "plain").st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "plain"]


def test_another_file_of_that_name_is_kept(tmp_path: Path) -> None:
    shelf = Shelf()
    (tmp_path / "a.mp4").write_bytes(b"mine")
    (fetched,) = fetch_results(job(shelf.file("a.mp4", b"video")), shelf, tmp_path)
    assert fetched.artifact.path.name == "a-2.mp4"
    assert (tmp_path / "a.mp4").read_bytes() == b"mine"


def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    shelf = Shelf()
    results = job(shelf.file("a.mp4", b"video"))
    fetch_results(results, shelf, tmp_path)
    (again,) = fetch_results(results, shelf, tmp_path)
    assert len(shelf.asked) == 1
    assert again.artifact.path.name == "a.mp4"


def test_a_thumbnail_stays_with_its_video(tmp_path: Path) -> None:
    shelf = Shelf()
    (tmp_path / "a.mp4").write_bytes(b"mine")
    results = job(shelf.file("a.mp4", b"video"), shelf.file("a.mp4.jpg", b"small"))
    (fetched,) = fetch_results(results, shelf, tmp_path)
    assert fetched.artifact.thumbnail == tmp_path / "a-2.mp4.jpg"
    assert (tmp_path / "a-2.mp4.jpg").read_bytes() == b"small"
