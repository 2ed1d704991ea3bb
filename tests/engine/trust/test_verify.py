"""Verifying: what tampering, damage and strangers' files come to."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidMedia
from engine.trust.identity import Identity
from engine.trust.library import context, library_signer
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State, Trust, Verification
from engine.trust.verify import verify
from engine.values import Origin

Maker = Callable[..., Path]

STATEMENT = Statement("T", Origin((), "starter", "d", "a red ball", 5), '{"nodes": {}}', "0.1")
PUBLIC = Path(__file__).parents[3] / ".." / "shared" / "fixtures" / "c2pa"
TAMPERED_SUFFIXES = [".mp4", ".jpg", ".png", ".wav", ".flac", ".mp3", ".webp", ".tiff"]


def check(path: Path, identity: Identity) -> Verification:
    return verify(path, own_roots=identity.root)


# --- whom to believe ---------------------------------------------------------------------------


def test_an_unsigned_file_is_told_apart_from_a_stripped_one(
    sample: Maker, identity: Identity
) -> None:
    path = sample(".mp4")
    answer = check(path, identity)
    assert (answer.state, answer.signer, answer.trusted) == (State.UNSIGNED, None, False)
    assert "never signed" in answer.reasons[0]
    sign(path, identity, STATEMENT)
    path.write_bytes(path.read_bytes().replace(bytes.fromhex("d8fec3d61b0e483c"), b"x" * 8))
    answer = check(path, identity)
    assert (answer.state, answer.trusted) == (State.UNSIGNED, False)
    assert "remains" in answer.reasons[0]


def test_another_computers_self_issued_signer_is_intact_but_not_known_here(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    path = sample(".mp4")
    stranger = self_issued(tmp_path / "elsewhere")
    sign(path, stranger, STATEMENT)
    answer = check(path, identity)
    assert (answer.state, answer.trusted) == (State.INTACT, False)
    assert answer.signer is not None
    assert answer.signer.trust is Trust.NONE
    assert str(answer.signer) == f"{stranger.name} (self-issued, not known to this computer)"
    assert "as it was signed by" in answer.summary
    listed = verify(path, own_roots=identity.root, trust_list=stranger.root)
    assert listed.trusted
    assert listed.signer is not None
    assert listed.signer.trust is Trust.LISTED


def test_the_identity_of_this_computer_is_known_without_being_told(sample: Maker) -> None:
    path = sample(".jpg")
    sign(path, self_issued(), STATEMENT)
    assert verify(path).trusted


def test_verifying_makes_no_identity(sample: Maker) -> None:
    verify(sample(".jpg"))
    assert list(Path(os.environ["REELWRIGHT_CONFIG"]).iterdir()) == []


def test_what_strangers_wrote_cannot_command_the_terminal(
    sample: Maker, identity: Identity
) -> None:
    path = sample(".jpg")
    hostile = "\x1b[2Jgone\u202e"
    sign(path, identity, Statement(hostile, Origin(model=hostile, prompt=hostile, seed=1)))
    claims = check(path, identity).claims
    for text in (claims.title, claims.model, claims.prompt):
        assert text == "\ufffd[2Jgone\ufffd"


# --- tampering ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", TAMPERED_SUFFIXES)
def test_a_flipped_byte_never_changes_what_an_intact_file_shows_or_says(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    """C2PA excludes the manifest's own place from the content's hash, and in MP4 the brand.

    Within a manifest some bytes are nobody's: padding, labels of boxes, lengths that are known
    otherwise.  A flip there may leave the file intact, but then it says the same as before.
    """
    path = sample(suffix)
    plain = path.read_bytes()
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    honest = check(path, identity)
    inside = _manifest_place(plain, signed)
    chosen = random.Random(suffix)
    content = [at for at in range(len(signed)) if at not in inside]
    for at in chosen.sample(content, min(len(content), 60)):
        answer = _flipped(path, signed, at, identity)
        assert answer.state is not State.INTACT or _excluded(signed, at), at
    for at in chosen.sample(inside, 60):
        answer = _flipped(path, signed, at, identity)
        if answer.state is State.INTACT:
            assert (answer.claims, answer.signer) == (honest.claims, honest.signer), at


def _manifest_place(plain: bytes, signed: bytes) -> range:
    """Where signing inserted the manifest: what signed has in front of the common end, and more.

    Containers move it and rewrite offsets; it begins a few bytes before its own name.
    """
    start = signed.index(b"jumdc2pa")
    return range(max(0, start - 60), min(len(signed), start + len(signed) - len(plain)))


def _excluded(signed: bytes, at: int) -> bool:
    """The MP4 brand (ftyp) is not part of the content's hash."""
    return signed[4:8] == b"ftyp" and at < int.from_bytes(signed[:4], "big")


def _flipped(path: Path, signed: bytes, at: int, identity: Identity) -> Verification:
    changed = bytearray(signed)
    changed[at] ^= 0x41
    path.write_bytes(changed)
    try:
        return check(path, identity)
    except InvalidMedia:
        return Verification(path, State.ALTERED)


@pytest.mark.parametrize("suffix", [*TAMPERED_SUFFIXES, ".webm"])
def test_a_truncated_or_lengthened_file_is_not_intact(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    size = len(signed)
    for changed in (signed[:-1], signed[: size // 2], signed[:200], signed[:12], signed + b"\0"):
        path.write_bytes(changed)
        with suppress(InvalidMedia):
            assert check(path, identity).state is not State.INTACT


def test_a_manifest_that_cannot_be_read_is_altered(sample: Maker, identity: Identity) -> None:
    path = sample(".mp4")
    sign(path, identity, STATEMENT)
    data = bytearray(path.read_bytes())
    start = data.index(b"jumdc2pa") + len(b"jumdc2pa")
    data[start + 40 : start + 3000] = bytes(2960)
    path.write_bytes(data)
    answer = check(path, identity)
    assert answer.state is State.ALTERED
    assert "cannot be read" in answer.reasons[0]


def test_a_drawing_that_others_signed_is_read(tmp_path: Path, identity: Identity) -> None:
    """SVG, which we do not sign, and which no first bytes tell from other text."""
    import c2pa

    plain, path = tmp_path / "plain.svg", tmp_path / "a.svg"
    plain.write_text('<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>')
    signer, _ = library_signer(identity)
    builder = c2pa.Builder({"claim_generator_info": [{"name": "test"}]}, context=context())
    builder.set_intent(c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.DIGITAL_CREATION)
    builder.sign_file(str(plain), str(path), signer)
    assert check(plain, identity).state is State.UNSIGNED
    assert check(path, identity).state is State.INTACT
    path.write_bytes(path.read_bytes().replace(b'r="4"', b'r="5"'))
    assert check(path, identity).state is State.ALTERED
    path.write_text("<svg><metadata><c2pa:manifest>c29tZQ==</c2pa:manifest></metadata></svg>")
    assert "cannot be read" in check(path, identity).reasons[0]


def test_altered_content_is_named_and_the_intact_statement_still_read(
    sample: Maker, identity: Identity
) -> None:
    path = sample(".mp4")
    sign(path, identity, STATEMENT)
    data = bytearray(path.read_bytes())
    data[data.index(b"mdat") + 100] ^= 1
    path.write_bytes(data)
    answer = check(path, identity)
    assert answer.state is State.ALTERED
    assert answer.reasons == ("The content differs from what was signed.",)
    assert not answer.trusted
    assert answer.claims.prompt == "a red ball"
    assert "altered" in answer.summary


def test_an_altered_statement_is_not_repeated(sample: Maker, identity: Identity) -> None:
    path = sample(".mp4")
    sign(path, identity, STATEMENT)
    path.write_bytes(path.read_bytes().replace(b"a red ball", b"a bad ball"))
    answer = check(path, identity)
    assert answer.state is State.ALTERED
    assert answer.claims.prompt == ""


def test_remuxing_leaves_a_file_unsigned(sample: Maker, identity: Identity, tmp_path: Path) -> None:
    path, copy = sample(".mp4"), tmp_path / "copy.mp4"
    sign(path, identity, STATEMENT)
    with av.open(str(path)) as source, av.open(str(copy), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert check(copy, identity).state is State.UNSIGNED


def test_a_manifest_moved_to_another_file_does_not_vouch_for_it(
    sample: Maker, identity: Identity
) -> None:
    one, other = sample(".webm", "one"), sample(".webm", "other")
    sidecar = sign(one, identity, STATEMENT).sidecar
    assert sidecar is not None
    other.write_bytes(other.read_bytes()[:-3] + b"abc")
    shutil.copy(sidecar, other.with_name("other.webm.c2pa"))
    assert check(other, identity).state is State.ALTERED


def test_a_sidecar_leads_to_its_file(sample: Maker, identity: Identity) -> None:
    sidecar = sign(sample(".webm"), identity, STATEMENT).sidecar
    assert sidecar is not None
    with pytest.raises(InvalidMedia, match=r"Give that file, 'clip\.webm'"):
        check(sidecar, identity)


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"x", "damaged"), (b"\0" * 5000, "damaged")]
)
def test_a_damaged_sidecar_is_named(
    sample: Maker, identity: Identity, content: bytes, words: str
) -> None:
    path = sample(".webm")
    sidecar = sign(path, identity, STATEMENT).sidecar
    assert sidecar is not None
    sidecar.write_bytes(content)
    answer = check(path, identity)
    assert answer.state is State.ALTERED
    assert sidecar.name in answer.reasons[0]
    assert words in answer.reasons[0]
    os.truncate(sidecar, 1 << 30)
    assert "too large" in check(path, identity).reasons[0]
    sidecar.unlink()
    assert check(path, identity).state is State.UNSIGNED


def test_one_altered_frame_alters_the_folder_and_is_named(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(4):
        sample(".png", f"{number}").rename(folder / f"{number}.png")
    sign(folder, identity, STATEMENT)
    data = bytearray((folder / "2.png").read_bytes())
    data[-20] ^= 1
    (folder / "2.png").write_bytes(data)
    sample(".png", "3").rename(folder / "3.png")
    answer = check(folder, identity)
    assert answer.state is State.ALTERED
    assert answer.reasons == (
        "1 of 4 frames were altered: 2.png",
        "1 of 4 frames are not signed: 3.png",
        "Not all frames were signed by the same certificate.",
    )


def test_a_signature_kept_on_a_server_is_not_fetched(sample: Maker, identity: Identity) -> None:
    import c2pa

    path = sample(".jpg")
    asked = list[str]()

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *said: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    builder = c2pa.Builder({"claim_generator_info": [{"name": "test"}]}, context=context())
    builder.set_intent(c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.DIGITAL_CREATION)
    builder.set_no_embed()
    builder.set_remote_url(f"http://127.0.0.1:{server.server_port}/manifest.c2pa")
    signer, _ = library_signer(identity)
    target = path.with_name("remote.jpg")
    with path.open("rb") as source, target.open("w+b") as written:
        builder.sign(signer, "image/jpeg", source, written)
    answer = check(target, identity)
    server.shutdown()
    server.server_close()
    assert answer.state is State.UNSIGNED
    assert "server" in answer.reasons[0]
    assert asked == []


# --- damaged and hostile files -----------------------------------------------------------------


def test_what_is_no_file_or_holds_nothing_is_refused_by_name(
    identity: Identity, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "noise.mp4").write_bytes(b"no film" * 1000)
    for name, words in [
        ("empty.mp4", "is empty"),
        ("folder", "holds no frames"),
        ("pipe.mp4", "is not a file"),
        ("noise.mp4", "cannot be read as video/mp4"),
        ("missing.mp4", "does not exist"),
    ]:
        with pytest.raises(InvalidMedia, match=words) as caught:
            check(tmp_path / name, identity)
        assert name in str(caught.value)
        assert caught.value.remedy


def test_a_file_of_another_kind_is_simply_unsigned(identity: Identity, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    assert check(path, identity).state is State.UNSIGNED


def test_boxes_nested_without_end_do_no_harm(identity: Identity, tmp_path: Path) -> None:
    data = b""
    for _ in range(20_000):
        data = (len(data) + 8).to_bytes(4, "big") + b"moov" + data
    path = tmp_path / "deep.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + data)
    with pytest.raises(InvalidMedia, match=r"deep\.mp4"):
        check(path, identity)


changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "drop", "length"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=6,
)


def _mutated(data: bytes, steps: list[tuple[str, float, bytes]]) -> bytes:
    for kind, place, bits in steps:
        at = int(place * len(data))
        if kind == "flip":
            data = data[:at] + bits + data[at + len(bits) :]
        elif kind == "cut":
            data = data[: max(at, 1)]
        elif kind == "insert":
            data = data[:at] + bits + data[at:]
        elif kind == "drop":
            data = data[:at] + data[at + len(bits) * 8 :]
        else:
            data = data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
    return data


@pytest.mark.parametrize("suffix", [".mp4", ".jpg", ".png", ".webp"])
def test_no_mutation_crashes_the_verifier_or_passes_with_other_words(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    honest = check(path, identity)

    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(changes)
    def mutate(steps: list[tuple[str, float, bytes]]) -> None:
        path.write_bytes(_mutated(signed, steps))
        try:
            answer = check(path, identity)
        except InvalidMedia:
            return
        if answer.state is State.INTACT:
            assert (answer.claims, answer.signer) == (honest.claims, honest.signer)

    mutate()


# --- public files ------------------------------------------------------------------------------

needs_public_files = pytest.mark.skipif(not PUBLIC.is_dir(), reason="public files are not here")


@pytest.fixture
def roots() -> str:
    return (PUBLIC / "test_roots.pem").read_text()


@needs_public_files
def test_a_public_signed_video_is_intact_and_its_ingredient_untrusted(roots: str) -> None:
    answer = verify(PUBLIC / "video1.mp4", own_roots="", trust_list=roots)
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert answer.signer is not None
    assert answer.signer.name == "C2PA Signer"
    assert answer.claims.time.startswith("2023-12-02")
    assert [each.title for each in answer.claims.ingredients] == ["video1.mp4"]
    assert not verify(PUBLIC / "video1.mp4", own_roots="").trusted


@needs_public_files
def test_a_public_phone_clip_is_unsigned() -> None:
    answer = verify(PUBLIC / "video1_no_manifest.mp4", own_roots="")
    assert answer.state is State.UNSIGNED


@needs_public_files
def test_a_public_stream_is_intact_only_with_its_fragment(roots: str) -> None:
    start, fragment = PUBLIC / "dashinit.mp4", PUBLIC / "dash1.m4s"
    together = verify(start, own_roots="", trust_list=roots, fragments=[fragment])
    assert together.state is State.INTACT
    for alone in (start, fragment):
        with pytest.raises(InvalidMedia, match="proves nothing alone"):
            verify(alone, own_roots="", trust_list=roots)


@needs_public_files
def test_a_public_hostile_file_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidMedia, match=r"nested_moov_1000\.mp4"):
        verify(PUBLIC / "nested_moov_1000.mp4", own_roots="")
