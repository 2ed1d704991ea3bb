"""Signing files in place."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image

from engine.errors import InvalidInput, InvalidMedia, StorageFailed
from engine.trust.identity import Identity, from_callback
from engine.trust.keys import load_private_key
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State, Trust, Verification
from engine.trust.verify import verify
from engine.values import Origin

Maker = Callable[..., Path]

EMBEDDED = (".mp4", ".mov", ".m4a", ".wav", ".mp3", ".flac")
EMBEDDED += (".jpg", ".png", ".webp", ".gif", ".tiff", ".avif")
BESIDE = (".webm", ".mkv", ".ogg", ".bmp")
DOCUMENT = json.dumps({"nodes": {"s": {"seed": 2**63 - 1, "sweep": [1, 2, 300], "x": [0.1, 0.2]}}})
STATEMENT = Statement(
    title="A red ball",
    origin=Origin(
        model="starter", model_digest="ab" * 32, prompt="ein roter Ball, räd 球", seed=2**63 - 1
    ),
    document=DOCUMENT,
    version="0.1.0",
)


def check(path: Path, identity: Identity) -> Verification:
    return verify(path, own_roots=identity.root)


@pytest.mark.parametrize("suffix", [*EMBEDDED, *BESIDE])
def test_what_was_signed_is_intact_and_says_what_was_stated(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    signed = sign(path, identity, STATEMENT)
    answer = check(path, identity)
    assert answer.state is State.INTACT
    assert answer.reasons == ()
    assert answer.trusted
    assert answer.signer is not None
    assert answer.signer.name == identity.name
    assert answer.signer.trust is Trust.OWN
    assert answer.signer.self_issued
    claims = answer.claims
    assert (claims.title, claims.generator) == ("A red ball", "Reelwright 0.1.0")
    assert (claims.model, claims.model_digest) == ("starter", "ab" * 32)
    assert (claims.prompt, claims.seed) == (STATEMENT.origin.prompt, 2**63 - 1)
    assert claims.document == DOCUMENT
    assert claims.generated
    assert claims.actions == ("c2pa.created",)
    assert signed.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert signed.embedded == (suffix in EMBEDDED)
    assert answer.sidecar == signed.sidecar


@pytest.mark.parametrize("suffix", BESIDE)
def test_a_container_without_a_place_for_it_stays_as_it_was(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    before = path.read_bytes()
    signed = sign(path, identity, STATEMENT)
    assert path.read_bytes() == before
    assert signed.sidecar == path.with_name(path.name + ".c2pa")


def test_two_containers_of_one_name_do_not_share_a_sidecar(
    sample: Maker, identity: Identity
) -> None:
    both = sample(".webm"), sample(".mkv")
    for path in both:
        sign(path, identity, STATEMENT)
    assert [check(path, identity).state for path in both] == [State.INTACT] * 2


def test_the_customary_name_of_a_sidecar_is_read_too(sample: Maker, identity: Identity) -> None:
    path = sample(".webm")
    sidecar = sign(path, identity, STATEMENT).sidecar
    assert sidecar is not None
    sidecar.rename(path.with_suffix(".c2pa"))
    assert check(path, identity).state is State.INTACT


def test_signing_leaves_tags_frames_and_fast_start_as_they_were(
    sample: Maker, identity: Identity
) -> None:
    path = sample(".mp4")
    before = _content(path)
    sign(path, identity, STATEMENT)
    assert _content(path) == before
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def _content(path: Path) -> tuple[dict[str, str], list[bytes]]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]
        return dict(container.metadata), frames


def test_the_rights_of_the_file_are_kept_and_nothing_lies_beside_it(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    path = sample(".mp4")
    path.chmod(0o640)
    sign(path, identity, STATEMENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_to_the_signed_file(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    path, link = sample(".mp4"), tmp_path / "link.mp4"
    link.symlink_to(path)
    sign(link, identity, STATEMENT)
    assert link.is_symlink()
    assert check(path, identity).state is State.INTACT


def test_signing_again_keeps_the_history(sample: Maker, identity: Identity) -> None:
    path = sample(".jpg")
    sign(path, identity, STATEMENT)
    sign(path, identity, Statement("Again", version="0.2.0"))
    claims = check(path, identity).claims
    assert claims.actions == ("c2pa.opened", "c2pa.edited")
    assert [(each.relationship, each.state) for each in claims.ingredients] == [
        ("parentOf", State.INTACT)
    ]
    assert claims.generated, "the file it was made from was generated"


def test_signing_a_file_altered_since_it_was_signed_says_so(
    sample: Maker, identity: Identity
) -> None:
    path = _tampered(sample(".jpg"), identity)
    notes = sign(path, identity, STATEMENT).notes
    assert any("altered" in note for note in notes)
    answer = check(path, identity)
    assert answer.state is State.INTACT
    assert any("altered" in reason for reason in answer.reasons)


def _tampered(path: Path, identity: Identity) -> Path:
    sign(path, identity, STATEMENT)
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    return path


def test_input_files_are_named_with_the_state_of_their_own_signatures(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    plain, signed = sample(".png", "plain"), sample(".png", "signed")
    sign(signed, identity, STATEMENT)
    tampered = _tampered(sample(".jpg", "tampered"), identity)
    sound, missing = sample(".ogg", "sound"), tmp_path / "gone.png"
    inputs = tuple(str(each) for each in (plain, signed, tampered, sound, missing))
    path = sample(".mp4")
    notes = sign(path, identity, Statement("T", Origin(inputs, model="starter"))).notes
    assert [note for note in notes if "gone.png" in note]
    assert [note for note in notes if "tampered.jpg" in note]
    assert len(notes) == 2
    answer = check(path, identity)
    assert answer.state is State.INTACT
    assert answer.reasons == (
        "The input 'tampered.jpg' was signed, but altered before it was used.",
    )
    assert [(each.title, each.relationship, each.state) for each in answer.claims.ingredients] == [
        ("plain.png", "inputTo", State.UNSIGNED),
        ("signed.png", "inputTo", State.INTACT),
        ("tampered.jpg", "inputTo", State.ALTERED),
        ("sound.ogg", "inputTo", State.UNSIGNED),
        ("gone.png", "inputTo", State.UNSIGNED),
    ]


def test_an_input_that_is_not_what_its_suffix_says_is_still_named(
    sample: Maker, identity: Identity
) -> None:
    lying = sample(".png", "lying").rename(sample(".jpg", "lying"))
    path = sample(".mp4")
    notes = sign(path, identity, Statement("T", Origin((str(lying),), model="m"))).notes
    assert [note for note in notes if "lying.jpg" in note]
    assert [each.title for each in check(path, identity).claims.ingredients] == ["lying.jpg"]


def test_no_folder_of_an_input_reaches_the_file(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    source, path = sample(".png", "source"), sample(".mp4")
    sign(path, identity, Statement("T", Origin((str(source),))))
    assert tmp_path.name.encode() not in path.read_bytes()


def test_an_edited_file_names_its_parent(sample: Maker, identity: Identity) -> None:
    source, path = sample(".png", "source"), sample(".jpg")
    sign(path, identity, Statement("T", Origin((str(source),))))
    claims = check(path, identity).claims
    assert claims.actions == ("c2pa.opened", "c2pa.edited")
    assert [each.relationship for each in claims.ingredients] == ["parentOf"]
    assert not claims.generated


def test_a_file_put_together_names_its_components(sample: Maker, identity: Identity) -> None:
    sources = (str(sample(".png", "one")), str(sample(".png", "two")))
    path = sample(".jpg")
    sign(path, identity, Statement("T", Origin(sources)))
    claims = check(path, identity).claims
    assert claims.actions == ("c2pa.created", "c2pa.placed", "c2pa.placed")
    assert [each.relationship for each in claims.ingredients] == ["componentOf"] * 2


def test_each_frame_of_a_folder_is_signed(
    sample: Maker, identity: Identity, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        sample(".png", f"{number:05}").rename(folder / f"{number:05}.png")
    (folder / "notes.txt").write_text("left alone")
    signed = sign(folder, identity, STATEMENT)
    joined = b"".join((folder / f"{number:05}.png").read_bytes() for number in range(3))
    assert signed.digest == hashlib.sha256(joined).hexdigest()
    answer = check(folder, identity)
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert answer.claims.prompt == STATEMENT.origin.prompt


def test_a_file_that_is_no_media_is_refused_and_left_alone(
    identity: Identity, tmp_path: Path
) -> None:
    for name, content, words in [
        ("a.txt", b"text", "not a kind of media"),
        ("a.mp4", b"not a film at all" * 99, "cannot be signed"),
        ("a.png", b"", "is empty"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InvalidMedia, match=words) as caught:
            sign(path, identity, STATEMENT)
        assert name in str(caught.value)
        assert path.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 3


def test_a_missing_file_and_an_empty_folder_are_named(identity: Identity, tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="does not exist"):
        sign(tmp_path / "none.mp4", identity, STATEMENT)
    with pytest.raises(InvalidMedia, match="no frames"):
        sign(tmp_path, identity, STATEMENT)


def test_a_place_that_cannot_be_written_is_named(sample: Maker, identity: Identity) -> None:
    path = sample(".webm")
    path.with_name(path.name + ".c2pa").mkdir()
    with pytest.raises(StorageFailed, match=r"clip\.webm"):
        sign(path, identity, STATEMENT)


_FULL_DISK = """
import resource, sys
from pathlib import Path
from engine.errors import StorageFailed
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
identity = self_issued()
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2,) * 2)
try:
    sign(path, identity, Statement("T"))
except StorageFailed as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_leaves_the_file_as_it_was(sample: Maker, tmp_path: Path) -> None:
    path = sample(".mp4")
    before = path.read_bytes()
    command = [sys.executable, "-c", _FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert "no room left" in done.stdout
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_kept_elsewhere_signs(sample: Maker, identity: Identity) -> None:
    path = sample(".mp4")
    elsewhere = from_callback(identity.chain, _signing_with(identity))
    sign(path, elsewhere, STATEMENT)
    assert check(path, identity).trusted


def _signing_with(identity: Identity) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    assert isinstance(identity.secret, str)
    key = load_private_key(identity.secret.encode(), "test")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))


def _breaking(data: bytes) -> bytes:
    raise RuntimeError("the token was pulled out")


@pytest.mark.parametrize(
    ("key", "words"),
    [(lambda data: b"x" * 64, "does not confirm"), (_breaking, "pulled out")],
)
def test_a_key_that_fails_is_told_and_nothing_is_written(
    sample: Maker, identity: Identity, key: Callable[[bytes], bytes], words: str, tmp_path: Path
) -> None:
    path = sample(".mp4")
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match=words):
        sign(path, from_callback(identity.chain, key), STATEMENT)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_saved_anew_is_unsigned(sample: Maker, identity: Identity) -> None:
    path = sample(".png")
    sign(path, identity, STATEMENT)
    Image.open(path).save(path)
    assert check(path, identity).state is State.UNSIGNED


def test_what_went_into_an_input_is_called_out_too(sample: Maker, identity: Identity) -> None:
    tampered = _tampered(sample(".jpg", "tampered"), identity)
    middle, last = sample(".png", "middle"), sample(".mp4", "last")
    sign(middle, identity, Statement("M", Origin((str(tampered),), model="m")))
    sign(last, identity, Statement("L", Origin((str(middle),), model="m")))
    answer = check(last, identity)
    assert answer.state is State.INTACT
    assert [each.state for each in answer.claims.ingredients] == [State.INTACT]
    assert answer.claims.altered_before == ("tampered.jpg",)
    assert answer.input_altered
    assert "altered" in answer.summary
