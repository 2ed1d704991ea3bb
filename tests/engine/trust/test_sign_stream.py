"""Streams: every segment is bound with its place, and what is missing, moved or mixed is told."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import c2pa
import pytest

from engine.errors import InvalidInput, InvalidMedia, ReelwrightError
from engine.media.write_stream import write_stream
from engine.media.write_video import write_video
from engine.trust.formats import tracks_of
from engine.trust.fragments import C2PA_BOX, binding_digest, boxes, manifest_in
from engine.trust.identity import Identity, from_callback
from engine.trust.library import context
from engine.trust.playlists import PLAYLISTS, faults_of_playlists
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State, Verification
from engine.trust.verify import verify
from engine.values import Origin
from tests.engine.trust.rubric import broken
from tests.engine.trust.test_sign import _signing_with
from tests.nodes.pictures import clip, tone

Copy = Callable[[str], Path]
FRAMES = 80


@pytest.fixture(scope="session")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of five seconds with sound."""
    folder = tmp_path_factory.mktemp("streams")
    heard = replace(clip(FRAMES), audio=tone(FRAMES / 16))
    write_video(heard, folder / "whole.mp4")
    write_stream(folder / "whole.mp4", folder / "stream", 1.0, "{}")
    return folder / "stream"


@pytest.fixture(scope="session")
def signed(unsigned: Path, identity: Identity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(unsigned, tmp_path_factory.mktemp("signed") / "stream"))
    made = sign(folder, identity, Statement("A stream", Origin(prompt="a hat"), document="{}"))
    assert made.manifest == manifest_in(folder / "init_0.mp4")
    return folder


@pytest.fixture
def copy(signed: Path, tmp_path: Path) -> Copy:
    return lambda name: Path(shutil.copytree(signed, tmp_path / name))


def asked(folder: Path, identity: Identity) -> Verification:
    return verify(folder, own_roots=identity.root, trust_list="", stamp_list="")


def touched(path: Path, at: int = -20) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_signed_stream_is_intact_and_tells_where_it_comes_from(
    signed: Path, identity: Identity
) -> None:
    answer = asked(signed, identity)
    assert (answer.state, answer.trusted, answer.reasons) == (State.INTACT, True, ())
    assert (answer.claims.prompt, answer.claims.document) == ("a hat", "{}")
    tracks = tracks_of(signed)
    assert [len(track.segments) > 2 for track in tracks] == [True, True]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("init_0.mp4", "proves nothing alone"),
        ("part_1_00002.m4s", "proves nothing alone"),
        ("stream.mpd", "a playlist"),
        ("media_1.m3u8", "a playlist"),
    ],
)
def test_a_part_alone_leads_to_the_whole(
    signed: Path, identity: Identity, file: str, words: str
) -> None:
    with pytest.raises(InvalidMedia, match=words) as caught:
        asked(signed / file, identity)
    assert "folder" in caught.value.remedy


def test_a_track_whose_segments_are_all_gone_is_missed(copy: Copy, identity: Identity) -> None:
    folder = copy("stream")
    for path in folder.glob("part_1_*.m4s"):
        path.unlink()
    answer = asked(folder, identity)
    assert answer.state is State.ALTERED
    assert "no segments" in answer.reasons[0]


def test_a_stream_whose_segments_are_all_gone_is_altered(copy: Copy, identity: Identity) -> None:
    folder = copy("stream")
    for path in folder.glob("*.m4s"):
        path.unlink()
    answer = asked(folder, identity)
    assert (answer.state, answer.signer) == (State.ALTERED, None)
    assert "None of its segments" in answer.reasons[0]


@pytest.mark.parametrize("file", ["part_0_00001.m4s", "part_1_00002.m4s", "init_0.mp4"])
def test_a_change_in_any_of_its_files_is_found(copy: Copy, identity: Identity, file: str) -> None:
    folder = copy("stream")
    touched(folder / file)
    answer = asked(folder, identity)
    assert answer.state is State.ALTERED
    assert any(file in reason for reason in answer.reasons) or file.startswith("init")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: touched(folder / "stream.mpd"), "'stream.mpd' was altered"),
        (lambda folder: (folder / "media_0.m3u8").unlink(), "'media_0.m3u8' is missing"),
        (lambda folder: shutil.copy(folder / "stream.mpd", folder / "b.MPD"), "'b.MPD' was not"),
    ],
)
def test_a_playlist_that_is_not_as_it_was_signed_is_found(
    copy: Copy, identity: Identity, change: Callable[[Path], object], words: str
) -> None:
    folder = copy("stream")
    change(folder)
    answer = asked(folder, identity)
    assert answer.state is State.ALTERED
    assert len(answer.reasons) == 1
    assert words in answer.reasons[0]


def test_a_folder_or_a_flood_in_a_playlists_place_is_no_playlist(
    copy: Copy, identity: Identity
) -> None:
    folder = copy("stream")
    (folder / "media_0.m3u8").unlink()
    (folder / "media_0.m3u8").mkdir()
    with (folder / "stream.mpd").open("r+b") as file:
        file.truncate(1 << 40)  # takes no place on the disk
    reasons = asked(folder, identity).reasons
    assert [reason.split("'")[1] for reason in reasons] == ["media_0.m3u8", "stream.mpd"]


@pytest.mark.parametrize("data", [None, {}, {"playlists": [{"name": "a", "sha256": "b"}]}, 7])
def test_what_is_said_of_playlists_in_another_form_is_not_believed(
    data: object, tmp_path: Path
) -> None:
    faults = faults_of_playlists(tmp_path, {PLAYLISTS: data})
    assert faults == ["What it says of its playlists cannot be understood."]
    assert faults_of_playlists(tmp_path, {"another": data}) == []


def test_an_altered_segment_is_found_wherever_it_is_given(copy: Copy, identity: Identity) -> None:
    track = tracks_of(copy("stream"))[0]
    touched(track.segments[0])
    for order in (track.segments, track.segments[::-1]):
        found = verify(track.beginning, own_roots=identity.root, trust_list="", fragments=order)
        assert found.state is State.ALTERED
        assert "1 of" in found.reasons[0]
        assert track.segments[0].name in found.reasons[0]


def _long_headed(content: bytes) -> bytes:
    """With a box of C2PA whose header is of the long kind, which no exclusion reaches."""
    body = C2PA_BOX + b"anything"
    return content + struct.pack(">I4sQ", 1, b"uuid", 16 + len(body)) + body


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda content: content,
    "a bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "a box": lambda content: content + struct.pack(">I4s", 12, b"evil") + b"evil",
    "a box that is left out": lambda content: content + struct.pack(">I4s", 12, b"free") + b"pads",
    "a long header": _long_headed,
    "a box cut off": lambda content: content[:-1],
    "no place": lambda content: content.replace(b"merkle", b"mirkle"),
    "another place": lambda content: content.replace(b"location\0", b"location\1"),
    "another track": lambda content: content.replace(b"uniqueId\1", b"uniqueId\2"),
    "no number": lambda content: content.replace(b"location\0", b"location\xf6"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_compared_here_is_what_the_library_says(
    copy: Copy, identity: Identity, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    track = tracks_of(copy("stream"))[0]
    part = track.segments[0]
    content = part.read_bytes()
    part.write_bytes(CHANGES[change](content))
    assert change == "nothing" or part.read_bytes() != content

    def answer() -> Verification:
        parts = track.segments[1:] + track.segments[:1]
        return verify(track.beginning, own_roots=identity.root, trust_list="", fragments=parts)

    here = answer()
    monkeypatch.setattr("engine.trust.verify_stream.digests_in", lambda binding: {})
    library = answer()
    assert (here.state, here.reasons) == (library.state, library.reasons)
    assert (here.state is State.INTACT) == (change in ("nothing", "a box that is left out"))


def test_a_segment_that_was_left_out_is_missed(copy: Copy, identity: Identity) -> None:
    folder = copy("stream")
    tracks_of(folder)[1].segments[1].unlink()
    assert "1 of" in asked(folder, identity).reasons[0]
    assert asked(folder, identity).state is State.ALTERED


def test_segments_that_changed_places_are_noticed(copy: Copy, identity: Identity) -> None:
    folder = copy("stream")
    one, two, *_ = tracks_of(folder)[0].segments
    one.rename(folder / "aside")
    two.rename(one)
    (folder / "aside").rename(two)
    answer = asked(folder, identity)
    assert answer.state is State.ALTERED
    assert "not in the order" in answer.reasons[0]


def test_the_picture_of_one_stream_with_the_sound_of_another_is_noticed(
    copy: Copy, unsigned: Path, identity: Identity, tmp_path: Path
) -> None:
    folder = copy("mixed")
    other = Path(shutil.copytree(unsigned, tmp_path / "other"))
    sign(other, identity, Statement("Another"))
    for name in ("init_1.mp4", *(each.name for each in tracks_of(other)[1].segments)):
        shutil.copy(other / name, folder / name)
    assert asked(folder, identity).state is State.ALTERED
    for track in tracks_of(folder):  # what nothing protects is no way around it
        content = track.beginning.read_bytes()
        unprotected = content.replace(b"manifest\0" + bytes(8), b"manifest\0" + bytes([7] * 8))
        assert unprotected != content
        track.beginning.write_bytes(unprotected)
    answer = asked(folder, identity)
    assert answer.state is State.ALTERED
    assert "different streams" in answer.reasons[0]


def test_a_track_that_was_left_out_is_missed(copy: Copy, identity: Identity) -> None:
    folder = copy("stream")
    for path in (*folder.glob("part_1_*"), folder / "init_1.mp4"):
        path.unlink()
    assert "missing" in asked(folder, identity).reasons[0]


def test_the_key_is_asked_once_and_where_it_fails_the_files_stay_as_they_were(
    unsigned: Path, identity: Identity, tmp_path: Path
) -> None:
    calls, ours = list[int](), _signing_with(identity)

    def counted(data: bytes) -> bytes:
        calls.append(len(data))
        return ours(data)

    folder = Path(shutil.copytree(unsigned, tmp_path / "once"))
    sign(folder, from_callback(identity.chain, counted), Statement("T"))
    assert len(calls) == 1
    assert asked(folder, identity).state is State.INTACT

    def away(data: bytes) -> bytes:
        raise OSError("no token in the slot")

    other = Path(shutil.copytree(unsigned, tmp_path / "away"))
    with pytest.raises(InvalidInput, match="no token in the slot"):
        sign(other, from_callback(identity.chain, away), Statement("T"))
    for path in unsigned.iterdir():
        assert (other / path.name).read_bytes() == path.read_bytes()


def test_what_is_no_stream_is_refused_by_name(
    unsigned: Path, signed: Path, identity: Identity, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(unsigned, tmp_path / "cut"))
    part = folder / "part_0_00001.m4s"
    part.write_bytes(part.read_bytes()[:-7])
    with pytest.raises(InvalidMedia, match=r"part_0_00001\.m4s"):
        sign(folder, identity, Statement("T"))
    again = Path(shutil.copytree(signed, tmp_path / "again"))
    with pytest.raises(InvalidMedia, match="no segment that could be signed"):
        sign(again, identity, Statement("T"))


def test_an_altered_input_is_called_out_by_the_stream(
    unsigned: Path, identity: Identity, sample: Callable[..., Path], tmp_path: Path
) -> None:
    before = sample(".jpg")
    sign(before, identity, Statement("Before"))
    touched(before, -40)
    folder = Path(shutil.copytree(unsigned, tmp_path / "stream"))
    made = sign(folder, identity, Statement("T", Origin(ingredients=(str(before),))))
    assert "altered before it was used" in made.notes[0]
    answer = asked(folder, identity)
    assert (answer.state, answer.input_altered) == (State.INTACT, True)


def test_boxes_that_do_not_fit_are_told(signed: Path) -> None:
    content = (signed / "init_0.mp4").read_bytes()
    assert [box.kind for box in boxes(content, "x")] == ["ftyp", "uuid", "moov"]
    for damaged in (content[:-1], content + b"\0", b"\0\0\0\4moov", b"\0\0\0\1moov"):
        with pytest.raises(InvalidMedia, match="its boxes"):
            list(boxes(damaged, "x"))


@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_ends_with_an_answer(copy: Copy, identity: Identity, seed: int) -> None:
    """Cut, doubled, moved or changed bytes of a file: a state, and never that it is whole."""
    dice = random.Random(seed)
    track = tracks_of(copy("stream"))[0]
    files = (track.beginning, track.segments[0])
    path = dice.choice(files)
    content, size = path.read_bytes(), len(path.read_bytes())
    one, two = sorted(dice.sample(range(36, size), 2))  # what comes first may be any brand
    path.write_bytes(
        dice.choice(
            [
                content[:one],
                content[:one] + content[two:],
                content[:two] + content[one:],
                content[:one] + bytes([content[one] ^ 1 << dice.randrange(8)]) + content[one + 1 :],
                content[:one] + dice.randbytes(two - one) + content[two:],
            ]
        )
    )
    for fragments in (track.segments[:1], ()):
        with suppress(ReelwrightError):
            found = verify(
                track.beginning, own_roots=identity.root, trust_list="", fragments=fragments
            )
            same = _bound(path) == _bound_of(content)
            assert found.state is not State.INTACT or same


def _bound(path: Path) -> bytes:
    return _bound_of(path.read_bytes())


def _bound_of(content: bytes) -> bytes:
    """What is protected of a file; nothing of it, where its boxes do not fit."""
    with suppress(InvalidMedia):
        return binding_digest(content, "x")
    return b""


def test_its_manifest_satisfies_the_rubric(signed: Path, identity: Identity) -> None:
    for track in tracks_of(signed):
        start = io.BytesIO(track.beginning.read_bytes())
        with c2pa.Reader("video/mp4", start, context=context(identity.root)) as reader:
            start.seek(0)
            part = io.BytesIO(track.segments[1].read_bytes())
            reader.with_fragment("video/mp4", start, part)
            assert broken(json.loads(reader.crjson())) == []


# --- what the library does and does not ---------------------------------------------------------


def test_the_library_has_no_call_that_signs_segments_and_answers_for_the_last_alone(
    copy: Copy, identity: Identity
) -> None:
    assert [name for name in dir(c2pa.Builder) if "fragment" in name or "segment" in name] == []
    track = tracks_of(copy("stream"))[0]
    touched(track.segments[0])
    start = io.BytesIO(track.beginning.read_bytes())
    with c2pa.Reader("video/mp4", start, context=context(identity.root)) as reader:
        for part in track.segments[:2]:
            start.seek(0)
            reader.with_fragment("video/mp4", start, io.BytesIO(part.read_bytes()))
        assert reader.get_validation_state() == "Trusted"
