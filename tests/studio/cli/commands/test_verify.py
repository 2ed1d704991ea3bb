from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.media.write_stream import write_stream
from engine.media.write_video import write_video
from engine.trust.ledger import Entry, Ledger
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.values import Origin
from tests.nodes.pictures import clip


def _draw(path: Path) -> None:
    import cv2
    import numpy as np

    cv2.imwrite(str(path), np.full((32, 32, 3), 127, np.uint8))


def _alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.rindex(b"IDAT") + 6] ^= 1
    path.write_bytes(content)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    _draw(path)
    return path


@pytest.fixture
def signed(picture: Path) -> Path:
    origin = Origin(model="starter", model_digest="ab" * 32, prompt="a red ball", seed=7)
    sign(picture, self_issued(), Statement(title="picture", origin=origin, document="{}"))
    return picture


def test_an_intact_file_names_signer_model_prompt_and_seed(cli, signed) -> None:
    result = cli("verify", signed)
    assert result.exit_code == 0
    assert result.stdout.startswith("intact:  ")
    rows = dict(line.split("  ", 1) for line in result.stdout.splitlines() if "  " in line[:9])
    assert rows["Prompt"].strip() == "a red ball"
    assert rows["Seed"].strip() == "7"
    assert "self-issued" in rows["Signer"]


def test_an_altered_file_ends_with_4(cli, signed) -> None:
    _alter(signed)
    result = cli("verify", signed)
    assert result.exit_code == 4
    assert result.stdout.startswith("altered:  ")


def test_a_file_made_from_an_altered_one_ends_with_6(cli, signed, tmp_path) -> None:
    _alter(signed)
    film = tmp_path / "film.png"
    _draw(film)
    sign(film, self_issued(), Statement(title="film", origin=Origin((str(signed),), model="m")))
    result = cli("verify", film)
    assert result.exit_code == 6
    assert result.stdout.startswith("intact:  ")
    assert "picture.png' was signed, but altered before" in result.stdout
    assert json.loads(cli("verify", film, "--json").stdout)["input_altered"] is True


def test_what_was_checked_and_marked_is_shown(cli, signed) -> None:
    result = cli("verify", signed)
    assert "made without checks" in result.stdout
    assert "not marked" in result.stdout
    release = json.loads(cli("verify", signed, "--json").stdout)["release"]
    assert (release["checked"], release["marked"]) == ("no", "no")


def test_an_unsigned_file_ends_with_5(cli, picture) -> None:
    result = cli("verify", picture)
    assert result.exit_code == 5
    assert result.stdout.startswith("unsigned:  ")


@pytest.mark.parametrize("content", [None, b""])
def test_what_cannot_be_read_ends_with_1(cli, tmp_path, content: bytes | None) -> None:
    path = tmp_path / "no.mp4"
    if content is not None:
        path.write_bytes(content)
    result = cli("verify", path)
    assert result.exit_code == 1
    assert "no.mp4" in result.stderr
    assert result.stdout == ""


def test_json_has_everything_for_a_script(cli, signed) -> None:
    result = cli("verify", signed, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["state"], found["trusted"], found["generated"]) == ("intact", True, True)
    assert (found["model"], found["prompt"], found["seed"]) == ("starter", "a red ball", 7)
    assert found["signer"]["self_issued"] is True


def test_a_lost_sidecar_is_found_in_the_ledger(cli, tmp_path: Path) -> None:
    clip = tmp_path / "clip.bmp"
    _draw(clip)
    signed = sign(
        clip, self_issued(), Statement(title="clip", origin=Origin(model="m", prompt="p"))
    )
    assert signed.sidecar is not None
    signed.sidecar.unlink()
    assert cli("verify", clip).exit_code == 5
    Ledger().add(Entry("clip", str(clip), signed.digest, signed.manifest), [])
    result = cli("verify", clip)
    assert result.exit_code == 0
    assert "in the ledger of this computer" in result.stdout
    found = json.loads(cli("verify", clip, "--json").stdout)
    assert (found["prompt"], found["recovered"]["place"]) == ("p", str(clip))


def test_a_stream_is_verified_as_its_folder(cli, tmp_path: Path) -> None:
    write_video(clip(48), tmp_path / "whole.mp4")
    write_stream(tmp_path / "whole.mp4", tmp_path / "stream", 1.0)
    sign(tmp_path / "stream", self_issued(), Statement("A stream"))
    assert cli("verify", "stream").exit_code == 0
    alone = cli("verify", "stream/init_0.mp4")
    assert alone.exit_code == 1
    assert "Give the stream's folder" in " ".join(alone.stderr.split())
    one, *_ = sorted((tmp_path / "stream").glob("*.m4s"))
    assert cli("verify", "stream/init_0.mp4", "--fragment", one).exit_code == 0
    one.unlink()
    assert cli("verify", "stream").exit_code == 4
