"""A described network marks exports as our own mark does: in the file, the manifest, the ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import InvalidInput
from engine.media.read_video import read_video
from engine.trust.ledger import Ledger
from engine.trust.recovery import recovered
from engine.trust.release import MarkKind
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.trust.watermark.neural.marker import NeuralMarker
from engine.values import Clip
from nodes.marking import export_content
from nodes.safety.mark_video import MarkVideo
from nodes.safety.read_mark import ReadMark
from studio.cli.marks import read_marks
from tests.engine.trust.watermark.attacks import encoded_bytes
from tests.engine.trust.watermark.neural import tiny
from tests.engine.trust.watermark.scenes import Size, footage
from tests.nodes.recording import RecordingContext
from tests.nodes.test_marking import FPS, fast, marks_in, the_mark

Chunk = NDArray[np.uint8]


@pytest.fixture
def markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of descriptions, in a configuration of the test's own."""
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "configuration"))
    return tmp_path / "configuration" / "markers"


def quiet_clip() -> Clip:
    frames = footage(10, Size(180, 320), 24)
    return Clip(lambda: iter([frames]), 24, 180, 320, FPS)


def anew(made: Path) -> Path:
    """The file as a web site would encode it: its signature is gone."""
    frames = np.concatenate(list(read_video(made, made.parent)))
    copy = made.with_name("anew.mp4")
    copy.write_bytes(encoded_bytes(frames, float(FPS), 23))
    return copy


def test_instead_of_our_own_it_leads_a_stripped_file_to_its_manifest(
    context: RecordingContext, markers: Path
) -> None:
    tiny.describe(markers, use="instead")
    made = fast(context, clip=quiet_clip())
    (mark,) = marks_in(made)
    assert (mark.kind, mark.fault) == (MarkKind.NEURAL, "")
    assert (mark.algorithm, mark.value) in verify(made.path).bindings
    copy = anew(made.path)
    assert read_marks(copy) == (mark,)
    found = recovered(verify(copy), [Ledger()], read_marks)
    assert found.state is State.UNSIGNED
    assert f"leads to '{made.path.name}'" in found.reasons[-1]


def test_beside_our_own_both_carry_one_number(context: RecordingContext, markers: Path) -> None:
    tiny.describe(markers)
    clip, told = MarkVideo(clip=quiet_clip()).run(context)
    own, neural = told.split("; ")
    number = own.removeprefix("watermark in the picture ")
    assert neural == f"neural watermark in the picture {number}"
    findings = ReadMark(clip=clip).run(context).findings
    assert findings["picture, tiny"] == f"marked with the number {number}"
    assert float(findings["standard deviations, picture, tiny"]) > 12


def test_a_marker_to_read_marks_nothing_and_is_looked_for(
    context: RecordingContext, markers: Path
) -> None:
    tiny.describe(markers, use="instead")
    marked, told = MarkVideo(clip=quiet_clip()).run(context)
    tiny.describe(markers, use="read", embedder=None, embedder_sha256=None)
    assert "neural" not in MarkVideo(clip=quiet_clip()).run(context).marks
    findings = ReadMark(clip=marked).run(context).findings
    assert str(findings["picture, tiny"]).endswith(told[-12:])
    assert findings["picture"] == "no mark of this computer's key"


def test_one_that_cannot_be_read_back_is_made_stronger_once_and_then_told(
    context: RecordingContext, markers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strengths = list[float]()

    def marked(
        self: NeuralMarker, chunks: Iterator[Chunk], *, strength: float, **_: object
    ) -> Iterator[Chunk]:
        strengths.append(strength)
        return chunks

    tiny.describe(markers, use="instead")
    monkeypatch.setattr(NeuralMarker, "mark", marked)
    told = the_mark(fast(context, clip=quiet_clip()), MarkKind.NEURAL)
    assert strengths == [1.0, 2.0]
    assert told.fault == "could not be read in the finished file"


def test_one_that_is_read_without_a_margin_is_made_stronger(
    context: RecordingContext, markers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strengths, mark = list[float](), NeuralMarker.mark

    def spied(
        self: NeuralMarker, chunks: Iterator[Chunk], *, strength: float, **rest: object
    ) -> Iterator[Chunk]:
        strengths.append(strength)
        return mark(self, chunks, strength=strength, **rest)

    tiny.describe(markers, use="instead", scaling=0.02)
    monkeypatch.setattr(NeuralMarker, "margin", 14.4)  # the number is read before, but faintly
    monkeypatch.setattr(NeuralMarker, "mark", spied)
    told = the_mark(fast(context, clip=quiet_clip(), quality=28), MarkKind.NEURAL)
    assert strengths == [1.0, 2.0]
    assert told.fault == ""


def test_what_cannot_carry_it_says_why(context: RecordingContext, markers: Path) -> None:
    tiny.describe(markers, use="instead")
    frames = footage(10, Size(48, 64), 3)
    small = Clip(lambda: iter([frames]), 3, 48, 64, FPS)
    assert the_mark(fast(context, clip=small), MarkKind.NEURAL).fault.startswith("too small (64 x")


def test_a_marker_that_cannot_work_stops_the_export_and_the_search_with_one_sentence(
    context: RecordingContext, markers: Path, tmp_path: Path
) -> None:
    tiny.describe(markers, embedder_sha256="0" * 64)
    with pytest.raises(InvalidInput, match="its embedder is another file than described"):
        fast(context, clip=quiet_clip())
    assert not list(context.output.glob("*.mp4"))
    assert fast(context, clip=quiet_clip(), mark=False).path.exists()
    tiny.describe(markers, extractor_sha256="0" * 64)
    with pytest.raises(InvalidInput, match="its extractor is another file"):
        read_marks(tmp_path / "any.mp4")


def test_an_export_is_made_anew_when_what_marks_it_changes(markers: Path) -> None:
    plain = export_content({})
    tiny.describe(markers)
    beside = export_content({})
    tiny.describe(markers, step=1)
    assert len({plain, beside, export_content({})}) == 3
    assert export_content({"mark": False}) == plain
    shutil.rmtree(markers)
    assert export_content({}) == plain == ""
