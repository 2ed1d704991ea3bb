"""Every mistake in a marker's description is told with its file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.trust import watermark
from engine.trust.watermark.neural.described import described_markers
from tests.engine.trust.watermark.neural import tiny


def test_files_lie_beside_their_description_whose_name_is_the_markers(tmp_path: Path) -> None:
    assert described_markers(tmp_path) == []
    tiny.describe(tmp_path, "one")
    tiny.describe(tmp_path, "two", use="read", embedder=None, embedder_sha256=None)
    one, two = described_markers(tmp_path)
    assert (one.name, two.name) == ("one", "two")
    assert one.extractor == tmp_path / "extractor.onnx"
    assert (one.embedder, two.embedder) == (tmp_path / "embedder.onnx", None)


def test_the_readme_shows_a_description_that_is_one(tmp_path: Path) -> None:
    readme = Path(watermark.__file__).with_name("README.md").read_text("utf-8")
    shown = readme.split("```toml\n")[1].split("```")[0]
    (tmp_path / "video_seal.toml").write_text(shown.replace('"..."', f'"{"0" * 64}"'), "utf-8")
    (described,) = described_markers(tmp_path)
    assert described.embedder == tmp_path / "video_seal" / "embedder.onnx"
    assert (described.bits, described.sees, described.attenuation) == (256, "luma", "jnd")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bits": 96}, r"line 2, field 'bits': a number and its code need 256 bits, not 96"),
        ({"embedder": None}, r"field 'embedder': this field is missing"),
        ({"embedder_sha256": None}, r"field 'embedder_sha256': this field is missing"),
        ({"extractor": "y_256b_img.jit"}, r"'extractor': only ONNX files are opened"),
        ({"extractor_sha256": "ab"}, r"field 'extractor_sha256'"),
        ({"use": "never"}, r"line 1, field 'use'"),
        ({"step": 0}, r"field 'step'"),
        ({"scaling_w": 0.2}, r"field 'scaling_w': there is no such field"),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    tiny.describe(tmp_path, **changes)
    with pytest.raises(InvalidInput, match=r"The marker '.*tiny\.toml'.*" + told):
        described_markers(tmp_path)


def test_a_name_that_does_not_fit_into_manifests_is_refused(tmp_path: Path) -> None:
    tiny.describe(tmp_path, "Video Seal")
    with pytest.raises(InvalidInput, match="needs another name"):
        described_markers(tmp_path)
