"""Networks of the user's own hide the number and read it after an encode; others do not."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.release import MarkKind
from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.neural.described import described_markers
from engine.trust.watermark.neural.marker import NeuralMarker, neural_marker
from engine.trust.watermark.reading import Reading
from tests.engine.trust.watermark.attacks import Footage, encode, scale
from tests.engine.trust.watermark.neural import tiny
from tests.engine.trust.watermark.scenes import Size, Video, footage

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(range(1, 33)))
NUMBER = 0x123456789ABC
FPS = Fraction(24)
CLIP = footage(10, Size(180, 320), 16)


def marker(folder: Path, **changes: object) -> NeuralMarker:
    tiny.describe(folder, **changes)
    (described,) = described_markers(folder)
    made = neural_marker(described)
    made.ready()
    return made


def marked(by: NeuralMarker, video: Video, strength: float = 1.0, parts: int = 2) -> Video:
    chunks = iter(np.array_split(video, parts))
    return np.concatenate([*by.mark(chunks, id=NUMBER, key=KEY, fps=FPS, strength=strength)])


def read(by: NeuralMarker, video: Video, key: MarkKey = KEY) -> Reading | None:
    return by.read(iter([video]), key=key, fps=FPS)


def psnr(one: Video, other: Video) -> float:
    return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


@pytest.mark.parametrize(
    "changes", [{}, {"attenuation": "jnd", "scaling": 4.0}, {"step": 1}], ids=str
)
def test_the_number_survives_an_encode(tmp_path: Path, changes: dict[str, object]) -> None:
    by = marker(tmp_path, **changes)
    video = encode(scale(Footage(marked(by, CLIP), 24), 0.75), 23).video
    found = read(by, video)
    assert found is not None
    assert found.id == NUMBER
    assert found.confidence > by.margin
    assert found.segments == 3


def test_another_key_and_unmarked_frames_read_nothing(tmp_path: Path) -> None:
    by = marker(tmp_path)
    assert read(by, marked(by, CLIP), OTHER) is None
    assert read(by, CLIP) is None
    assert read(by, CLIP[:0]) is None


def test_colours_are_marked_each_by_its_own_where_the_embedder_sees_them(tmp_path: Path) -> None:
    by = marker(tmp_path, channels=3, sees="rgb")
    red = CLIP.copy()
    red[..., 1:] = 0
    made = marked(by, red)
    assert (made[..., 0] != red[..., 0]).mean() > 0.5
    found = read(by, made)
    assert found is not None
    assert found.id == NUMBER


def test_it_is_never_stronger_than_44_db(tmp_path: Path) -> None:
    by = marker(tmp_path)
    assert 44 <= psnr(marked(by, CLIP, strength=50), CLIP) < 44.6
    assert psnr(marked(by, CLIP, strength=0.1), CLIP) > 50


def test_chunks_make_no_difference_and_an_answer_stands_for_its_step(tmp_path: Path) -> None:
    by = marker(tmp_path, step=3)
    whole = marked(by, CLIP, parts=1)
    assert (marked(by, CLIP, parts=7) == whole).all()
    grey = np.full((6, 96, 96, 3), 128, np.uint8)
    grey[1:3] = 90
    added = marked(by, grey, strength=0.5).astype(int) - grey
    assert (added[1] == added[0]).all()
    assert (added[1] == added[2]).all()
    each = marked(marker(tmp_path, step=1), grey, strength=0.5).astype(int) - grey
    assert (each[1] != added[1]).any()


def test_only_the_first_seconds_are_looked_at_if_that_is_wished(tmp_path: Path) -> None:
    by = marker(tmp_path)
    late = np.concatenate([np.zeros((24, 180, 320, 3), np.uint8), marked(by, CLIP)])
    assert by.read(iter([late]), key=KEY, fps=FPS) is not None
    assert by.read(iter([late]), key=KEY, fps=FPS, seconds=1) is None


def test_what_marks_says_so_by_its_name_and_its_extractor(tmp_path: Path) -> None:
    by = marker(tmp_path)
    digest = tiny.digest(tmp_path / "extractor.onnx")[:8]
    assert by.algorithm == f"org.reelwright.watermark.neural.1.tiny.{digest}"
    assert by.kind is MarkKind.NEURAL
    assert by.unfit(96, 54, 0.1) == ""
    assert by.unfit(95, 54, 3.0).startswith("too small (95 x 54 pixels; from 96 on)")


def missing(folder: Path) -> dict[str, object]:
    return {"extractor": "nowhere.onnx"}


def exchanged(folder: Path) -> dict[str, object]:
    return {"embedder_sha256": "0" * 64}


def too_few(folder: Path) -> dict[str, object]:
    onnx.save(tiny.extractor(answers=255), folder / "few.onnx")
    return {"extractor": "few.onnx", "extractor_sha256": tiny.digest(folder / "few.onnx")}


def too_many_bits(folder: Path) -> dict[str, object]:
    return {"bits": 300}


def too_much(folder: Path) -> dict[str, object]:
    onnx.save(tiny.joined(), folder / "joined.onnx")
    return {"embedder": "joined.onnx", "embedder_sha256": tiny.digest(folder / "joined.onnx")}


def smaller(folder: Path) -> dict[str, object]:
    return {"size": 64}


def changed_places(folder: Path) -> dict[str, object]:
    tiny.describe(folder)
    return {"embedder": "extractor.onnx", "embedder_sha256": tiny.digest(folder / "extractor.onnx")}


def no_network(folder: Path) -> dict[str, object]:
    (folder / "no.onnx").write_bytes(b"\x80\x04pickle")
    return {"extractor": "no.onnx", "extractor_sha256": tiny.digest(folder / "no.onnx")}


def in_two_files(folder: Path) -> dict[str, object]:
    path = folder / "two.onnx"
    onnx.save_model(
        tiny.extractor(), path, save_as_external_data=True, location="two.bin", size_threshold=0
    )
    return {"extractor": "two.onnx", "extractor_sha256": tiny.digest(path)}


def no_numbers(folder: Path) -> dict[str, object]:
    onnx.save(tiny.extractor(gain=float("nan")), folder / "nan.onnx")
    return {"extractor": "nan.onnx", "extractor_sha256": tiny.digest(folder / "nan.onnx")}


@pytest.mark.parametrize(
    ("mistake", "error", "told"),
    [
        (missing, StorageFailed, "its extractor cannot be read from .*nowhere.onnx': No such file"),
        (exchanged, InvalidInput, "its embedder is another file than described"),
        (too_few, InvalidInput, r"its extractor answers 255 numbers \(255,\), and 256"),
        (too_many_bits, InvalidInput, "its extractor answers 256 numbers .* and 300"),
        (too_much, InvalidInput, r"its embedder answers 9472 numbers \(1, 9472\), and 9216"),
        (smaller, InvalidInput, r"its extractor cannot be run: .*picture \(1, 3, 64, 64\)"),
        (changed_places, InvalidInput, "its embedder cannot be run: .*bits"),
        (no_network, InvalidInput, "its extractor cannot be loaded"),
        (in_two_files, InvalidInput, "its extractor keeps its weights outside of"),
        (no_numbers, InvalidInput, "its extractor answers what is no number"),
    ],
)
def test_networks_that_do_not_fit_are_told_before_anything_is_marked(
    tmp_path: Path,
    mistake: Callable[[Path], dict[str, object]],
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=f"The marker 'tiny': {told}"):
        marker(tmp_path, **mistake(tmp_path))
