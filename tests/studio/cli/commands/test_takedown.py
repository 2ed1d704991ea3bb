"""`reelwright takedown`: register, list, resolve, check; each fault is a sentence and a code."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest

from engine.trust.audit.chain import as_entry
from engine.trust.audit.log import AuditLog
from engine.trust.takedown.register import Register
from engine.trust.takedown.request import FIELDS
from tests.engine.trust.takedown.clips import Video, scaled, textured

WHOLE = [part for name in FIELDS for part in (f"--{name}", f"the {name}")]


def write(path: Path, video: Video, crf: int = 23) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(16), options={"crf": str(crf)})
        stream.height, stream.width = video.shape[1] // 2 * 2, video.shape[2] // 2 * 2
        stream.pix_fmt = "yuv420p"
        for picture in video[:, : stream.height, : stream.width]:
            frame = av.VideoFrame.from_ndarray(picture.copy(), "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def material(tmp_path: Path) -> Path:
    return write(tmp_path / "material.mp4", textured(1))


def test_a_near_copy_of_what_was_registered_ends_with_3(cli, material, tmp_path: Path) -> None:
    added = cli("takedown", "add", material, *WHOLE)
    assert added.exit_code == 0
    assert "request 1, due " in added.stderr
    copy = write(tmp_path / "copy.mp4", scaled(textured(1), 0.5), crf=30)
    result = cli("takedown", "check", copy)
    assert result.exit_code == 3
    assert "material of request 1" in result.stderr
    found = json.loads(cli("takedown", "check", copy, "--json").stdout)
    assert found["match"]["request"] == 1
    other = write(tmp_path / "other.mp4", textured(2))
    assert cli("takedown", "check", other).exit_code == 0


def test_a_picture_is_registered_and_checked_like_a_video(cli, tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), textured(3)[0])
    cv2.imwrite(str(tmp_path / "b.jpg"), textured(3)[0])
    assert cli("takedown", "add", tmp_path / "a.png", *WHOLE).exit_code == 0
    assert cli("takedown", "check", tmp_path / "b.jpg").exit_code == 3


def test_every_missing_field_is_named(cli, material) -> None:
    result = cli("takedown", "add", material, "--signature", "Ada")
    assert result.exit_code == 2
    for name in FIELDS:
        assert (f"'{name}'" in result.stderr) == (name != "signature")
    assert Register().cases() == []


def test_a_request_may_come_as_a_file(cli, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps({name: f"their {name}" for name in FIELDS}))
    made = cli("takedown", "add", "--request", path, "--contact", "a@b.c", "--json")
    request = json.loads(made.stdout)["request"]
    assert (request["signature"], request["contact"]) == ("their signature", "a@b.c")


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, 1), ("{", 2), ("[]", 2), ('{"signature": 3}', 2), ('{"x": "y"}', 2)],
)
def test_a_file_that_is_no_request_is_told(cli, tmp_path: Path, content, code: int) -> None:
    path = tmp_path / "request.json"
    if content is not None:
        path.write_text(content)
    result = cli("takedown", "add", "--request", path)
    assert result.exit_code == code
    assert result.stderr.count("\n") <= 3


def test_the_clock_runs_from_when_it_came_in(cli) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=50)).isoformat()
    cli("takedown", "add", *WHOLE, "--received", long_ago)
    cli("takedown", "add", *WHOLE)
    shown = cli("takedown", "list").stdout.splitlines()
    assert "open, OVERDUE" in shown[1]
    assert "OVERDUE" not in shown[2]
    late = json.loads(cli("takedown", "list", "--overdue", "--json").stdout)
    assert [(case["number"], case["overdue"]) for case in late] == [(1, True)]
    assert "after its time" in cli("takedown", "resolve", 1, "removed").stderr
    assert "after" not in cli("takedown", "resolve", 2, "removed").stderr
    assert json.loads(cli("takedown", "list", "--state", "open", "--json").stdout) == []


def test_restoring_lifts_the_block(cli, material) -> None:
    cli("takedown", "add", material, *WHOLE)
    cli("takedown", "resolve", 1, "removed")
    assert cli("takedown", "check", material).exit_code == 3
    assert cli("takedown", "resolve", 1, "restored").exit_code == 2, "a reason is needed"
    assert cli("takedown", "resolve", 1, "restored", "--reason", "consent shown").exit_code == 0
    assert cli("takedown", "check", material).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("resolve", 9, "removed"), "There is no request 9."),
        (("resolve", 1, "gone"), "There is no state 'gone'."),
        (("resolve", 1, "restored", "--reason", "x"), "cannot become restored"),
        (("list", "--state", "gone"), "There is no state 'gone'."),
        (("add", *WHOLE, "--received", "soon"), "'soon' is no time."),
    ],
)
def test_what_cannot_be_is_told(cli, arguments, told: str) -> None:
    cli("takedown", "add", *WHOLE)
    result = cli("takedown", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize("content", [None, b"", b"no video", b"\0" * 5_000])
def test_media_that_cannot_be_read_registers_nothing(cli, tmp_path: Path, content) -> None:
    path = tmp_path / "no.mp4"
    if content is not None:
        path.write_bytes(content)
    for command in (("add", path, *WHOLE), ("check", path)):
        result = cli("takedown", *command)
        assert result.exit_code == 1
        assert "no.mp4" in result.stderr
    assert Register().cases() == []


def test_a_damaged_register_ends_with_1(cli, material) -> None:
    cli("takedown", "add", *WHOLE)
    for beside in Register().path.parent.iterdir():
        beside.unlink()
    Register().path.write_bytes(b"x" * 4_000)
    for command in (("list",), ("check", material), ("resolve", 1, "removed")):
        result = cli("takedown", *command)
        assert result.exit_code == 1
        assert "takedown register" in result.stderr


def test_the_audit_log_knows_of_it_and_not_what_it_says(cli, material) -> None:
    cli("takedown", "add", material, *WHOLE)
    cli("takedown", "resolve", 1, "removed")
    events = [entry.event for row in AuditLog().rows() if (entry := as_entry(row))]
    assert [(event.decision.value, event.reason) for event in events[1:]] == [
        ("takedown registered", "request 1: open"),
        ("takedown resolved", "request 1: removed"),
    ]
    kept = b"".join(path.read_bytes() for path in AuditLog().path.parent.iterdir())
    assert b"the contact" not in kept


def test_no_picture_is_kept(cli, material) -> None:
    cli("takedown", "add", material, *WHOLE)
    kept = b"".join(path.read_bytes() for path in Register().path.parent.iterdir())
    assert material.read_bytes()[:64] not in kept
    assert material.name.encode() not in kept


def test_what_is_blocked_is_exported_and_imported_on_another_computer(
    cli, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("takedown", "add", material, *WHOLE).exit_code == 0
    result = cli("takedown", "export", tmp_path / "handed.json")
    assert result.exit_code == 0, result.output
    assert "the contact" not in (tmp_path / "handed.json").read_text()
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "other"))
    assert cli("takedown", "check", material).exit_code == 0
    assert cli("takedown", "import", tmp_path / "handed.json").exit_code == 0
    assert cli("takedown", "check", material).exit_code == 3
    (signer,) = json.loads(cli("takedown", "signers", "--json").stdout)
    assert signer["requests"] == 1
    assert signer["source"][:8] in cli("takedown", "signers").stdout
    assert cli("takedown", "forget", "nobody").exit_code == 2
    assert cli("takedown", "forget", signer["source"][:8]).exit_code == 0
    assert cli("takedown", "check", material).exit_code == 0
    assert "Nothing was imported" in cli("takedown", "signers").stderr
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "stranger"))
    refused = cli("takedown", "import", tmp_path / "handed.json")
    assert refused.exit_code == 2
    assert "who is not known here" in refused.stderr
    assert cli("takedown", "import", tmp_path / "handed.json", "--signer", material).exit_code == 2
