from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from engine.errors import InvalidMedia
from engine.media.embed import DOCUMENT_FILE, embedded, read_embedded
from engine.media.read_video import read_video
from engine.media.settings import CODECS, VideoSettings
from engine.media.write_image import write_image
from engine.media.write_video import write_video
from engine.values import Image
from tests.engine.media.samples import FIXTURES, clip_of, frames_of, pictures

PICTURE = pictures(1, 40, 61)[0]
LARGE = json.dumps(
    {"nodes": [{"text": f"é<&>\"' 🎬 {n}"} for n in range(20_000)]}, ensure_ascii=False
)


@pytest.mark.parametrize("container", CODECS)
def test_a_video_gives_back_its_graph_and_plays_as_before(container: str, tmp_path: Path) -> None:
    plain, path = tmp_path / f"plain.{container}", tmp_path / f"a.{container}"
    settings = VideoSettings.for_path(path)
    write_video(clip_of(pictures(5, 64, 64)), plain, settings)
    write_video(clip_of(pictures(5, 64, 64)), path, settings, document=LARGE)

    assert len(LARGE.encode()) > 500_000
    assert read_embedded(path) == LARGE
    assert read_embedded(plain) is None
    one, other = (frames_of(read_video(p, tmp_path)) for p in (plain, path))
    assert np.array_equal(one, other)


PICTURES = [
    (suffix, mode, moving)
    for suffix in ("png", "jpg", "gif", "webp")
    for mode in ("RGB", "RGBA", "L")
    for moving in (False, True)
    if suffix != "jpg" or not (moving or mode == "RGBA")
]


@pytest.mark.parametrize(("suffix", "mode", "moving"), PICTURES)
@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}])
def test_a_picture_gives_back_its_graph_and_looks_as_before(
    suffix: str, mode: str, moving: bool, options: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / f"a.{suffix}"
    first = PillowImage.fromarray(PICTURE).convert(mode)
    more = {"save_all": True, "append_images": [first.rotate(90)]} if moving else {}
    first.save(path, **options, **more)  # type: ignore[arg-type]
    before = path.read_bytes()
    with PillowImage.open(path) as image:
        looks = np.asarray(image.convert("RGBA"))
    assert read_embedded(path) is None

    path.write_bytes(embedded(before, LARGE))
    assert read_embedded(path) == LARGE
    with PillowImage.open(path) as image:
        assert image.format == suffix.upper().replace("JPG", "JPEG")
        assert np.array_equal(np.asarray(image.convert("RGBA")), looks)
        assert getattr(image, "n_frames", 1) == (2 if moving else 1)
        if suffix == "webp":
            assert b"<reelwright:graph>" in image.info["xmp"], "announced as the format demands"
    assert cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) is not None


def test_a_folder_of_frames_has_its_graph_beside(tmp_path: Path) -> None:
    assert read_embedded(tmp_path) is None
    (tmp_path / DOCUMENT_FILE).write_text("{}")
    assert read_embedded(tmp_path) == "{}"


def test_a_file_that_carries_nothing_has_no_graph(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing here")
    assert read_embedded(tmp_path / "a.txt") is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match=r"a\.mp4.*No such file"):
        read_embedded(tmp_path / "a.mp4")


def test_a_document_that_swells_without_bound_is_not_read(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    write_image(Image(PICTURE), picture, document=" " * (40 << 20))
    assert picture.stat().st_size < 200_000
    assert read_embedded(picture) is None


def test_reading_a_graph_loads_no_media_library(tmp_path: Path) -> None:
    program = (
        "import sys, engine.media.embed; print({'av', 'cv2', 'numpy', 'torch'} & {*sys.modules})"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "set()"


@pytest.fixture(scope="module")
def carriers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("carriers")
    for name in ("a.mp4", "a.webm"):
        write_video(clip_of(pictures(3, 64, 64)), folder / name, document='{"a": 1}')
    for name in ("a.png", "a.jpg", "a.webp"):
        write_image(Image(PICTURE), folder / name, document='{"a": 1}')
    PillowImage.fromarray(PICTURE).save(folder / "plain.gif")
    (folder / "a.gif").write_bytes(embedded((folder / "plain.gif").read_bytes(), '{"a": 1}'))
    return sorted(folder.iterdir())


PATCH = st.tuples(st.integers(0, 2_000), st.integers(0, 9), st.binary(max_size=9))


@settings(max_examples=300, deadline=None)
@given(
    carrier=st.integers(0, 6),
    patches=st.lists(PATCH, min_size=1, max_size=6),
    kept=st.integers(1, 10_000),
)
def test_whatever_the_bytes_there_is_a_text_or_nothing(
    carrier: int,
    patches: list[tuple[int, int, bytes]],
    kept: int,
    carriers: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = bytearray(carriers[carrier].read_bytes())
    for place, dropped, patch in patches:
        content[place : place + dropped] = patch
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(content[:kept] + b".")

    found = read_embedded(path)
    assert found is None or isinstance(found, str)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the public fixtures are not here")
def test_deeply_nested_boxes_are_no_trap() -> None:
    assert read_embedded(FIXTURES / "nested_moov_1000.mp4") is None
