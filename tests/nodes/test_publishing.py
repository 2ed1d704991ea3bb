"""The last way of every export: names, places, signatures, and nothing half-written."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from engine.errors import Cancelled, InvalidInput, StorageFailed
from engine.file_digests import FileDigests
from engine.media.write_image import write_image
from engine.trust.certificates import issue, pem
from engine.trust.chosen_identity import signing_identity
from engine.trust.keys import pkcs8
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Origin
from nodes.publishing import Export, file_name, publish
from tests.nodes.pictures import MADE, picture
from tests.nodes.recording import RecordingContext


def export(**changes: object) -> Export:
    defaults = Export(
        kind="image",
        name="picture",
        suffix=".png",
        origin=MADE,
        write=lambda path: write_image(picture(), path),
        sign=False,
        overwrite=False,
    )
    return replace(defaults, **changes)  # type: ignore[arg-type]


def listed(context: RecordingContext) -> list[str]:
    return sorted(path.name for path in context.output.iterdir())


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("clip_{seed}", "clip_7"),
        ("{prompt} {seed}", "a_red_ball_7"),
        ("film 1.5", "film_1.5"),
        ("..", "untitled"),
        ("", "untitled"),
        ("a:b*c", "a_b_c"),
        ("Bär", "Bär"),
    ],
)
def test_a_pattern_becomes_a_safe_name(pattern: str, name: str) -> None:
    assert file_name(pattern, MADE) == name


def test_without_a_seed_none_is_named() -> None:
    assert file_name("clip_{seed}", Origin()) == "clip"


@pytest.mark.parametrize("pattern", ["../up", "/etc/passwd", "a\\b"])
def test_a_name_that_leaves_the_folder_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput, match=r"holds a path\. Give a name alone"):
        file_name(pattern, MADE)


def test_a_prompt_cannot_leave_the_folder_either() -> None:
    assert file_name("{prompt}", replace(MADE, prompt="../../x")) == "x"


def test_a_name_that_is_taken_gets_a_number(context: RecordingContext) -> None:
    paths = [publish(context, export()).path.name for _ in range(3)]
    assert paths == ["picture.png", "picture_2.png", "picture_3.png"]
    assert listed(context) == sorted(paths)


def test_a_file_is_replaced_only_where_that_is_wanted(context: RecordingContext) -> None:
    first = publish(context, export())
    other = export(overwrite=True, write=lambda path: write_image(picture(level=9), path))
    again = publish(context, other)
    assert again.path == first.path
    assert again.digest != first.digest
    assert listed(context) == ["picture.png"]


def folder_writer(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.mkdir()
        (path / "a.txt").write_text(text)

    return write


def test_a_folder_is_numbered_or_replaced_like_a_file(context: RecordingContext) -> None:
    frames = export(kind="frames", name="v1.5", suffix="", write=folder_writer("one"))
    assert publish(context, frames).path.name == "v1.5"
    assert publish(context, frames).path.name == "v1.5_2"
    other = replace(frames, write=folder_writer("two"), overwrite=True)
    assert (publish(context, other).path / "a.txt").read_text() == "two"
    assert listed(context) == ["v1.5", "v1.5_2"]


@pytest.mark.parametrize("kind", ["image", "frames"])
def test_the_digest_is_of_the_file_as_it_lies_there(context: RecordingContext, kind: str) -> None:
    if kind == "image":
        made = publish(context, export(sign=True))
        assert made.digest == hashlib.sha256(made.path.read_bytes()).hexdigest()
    else:
        made = publish(context, export(kind=kind, suffix="", write=folder_writer("x")))
    assert made.digest == FileDigests().digest(made.path), "the runner finds it again by this"


def test_a_signed_file_says_what_it_is(context: RecordingContext) -> None:
    made = publish(context, export(sign=True))
    assert made.signed
    found = verify(made.path)
    assert found.state is State.INTACT
    assert found.claims is not None
    assert (found.claims.prompt, found.claims.seed) == ("a red ball", 7)
    assert found.claims.document == context.document


def test_a_thumbnail_lies_beside_and_takes_nobodys_place(context: RecordingContext) -> None:
    context.output.mkdir()
    theirs = context.output / "picture.jpg"
    theirs.write_text("mine")
    made = publish(context, export(thumbnail=lambda path: write_image(picture(), path)))
    assert made.thumbnail == context.output / "picture.png.jpg"
    assert made.thumbnail.is_file()
    assert theirs.read_text() == "mine"


def failing(error: BaseException) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text("half")
        raise error

    return write


@pytest.mark.parametrize("error", [Cancelled(), KeyError("x"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_behind(context: RecordingContext, error: BaseException) -> None:
    with pytest.raises(type(error)):
        publish(context, export(write=failing(error)))
    assert listed(context) == []


def test_a_failing_signature_leaves_nothing_behind(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REELWRIGHT_CERTIFICATE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("REELWRIGHT_KEY", str(tmp_path / "none.key"))
    with pytest.raises(StorageFailed, match=r"none\.pem"):
        publish(context, export(sign=True))
    assert listed(context) == []


def test_a_certificate_of_ones_own_signs_instead(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    root = issue(named("Studio Nord root"), None, path_length=0, now=now, years=1)
    leaf = issue(named("Studio Nord"), root, path_length=None, now=now, years=1)
    (tmp_path / "chain.pem").write_text(pem([leaf.certificate]))
    (tmp_path / "key.pem").write_text(pkcs8(leaf.key))
    monkeypatch.setenv("REELWRIGHT_CERTIFICATE", str(tmp_path / "chain.pem"))
    monkeypatch.setenv("REELWRIGHT_KEY", str(tmp_path / "key.pem"))
    found = verify(publish(context, export(sign=True)).path)
    assert found.state is State.INTACT
    assert found.signer is not None
    assert (found.signer.name, found.signer.self_issued) == ("Studio Nord", False)


def named(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Studio Nord"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def test_half_a_certificate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_CERTIFICATE", "chain.pem")
    with pytest.raises(InvalidInput, match="Only one of"):
        signing_identity()


def test_a_folder_that_cannot_be_made_is_told_plainly(context: RecordingContext) -> None:
    context.output.write_text("a file, no folder")
    with pytest.raises(StorageFailed, match=r"Nothing can be written to .*--out"):
        publish(context, export())


def test_what_a_killed_process_left_goes_with_the_next_export(context: RecordingContext) -> None:
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    here = os.uname().nodename
    left = context.output / f".reelwright-{here}-{gone.stdout.strip()}-ab"
    running = context.output / f".reelwright-{here}-{os.getpid()}-cd"
    elsewhere = context.output / ".reelwright-another-computer-1-ef"
    for folder in (left, running, elsewhere):
        folder.mkdir(parents=True)
    publish(context, export())
    assert listed(context) == sorted([elsewhere.name, running.name, "picture.png"])
