"""Writing video files: every format can be read, carries its graph, and is signed."""

from __future__ import annotations

from dataclasses import replace

import av
import pytest

from engine.errors import Cancelled, InvalidInput, StorageFailed
from engine.graph.node import declare
from engine.media.embed import read_embedded
from engine.media.read_video import read_video
from engine.trust.verification import State
from engine.trust.verify import verify
from nodes.output.save_video import SaveVideo
from tests.nodes.pictures import MADE, clip, tone
from tests.nodes.recording import RecordingContext


def saver(**changes: object) -> SaveVideo:
    defaults = {name: param.default for name, param in declare(SaveVideo).params.items()}
    given = {"clip": replace(clip(9), audio=tone(9 / 16)), "preset": "ultrafast"}
    return SaveVideo(**{**defaults, **given, **changes})


@pytest.mark.parametrize("format", ["mp4", "mov", "mkv", "webm", "gif", "webp"])
def test_every_format_can_be_read_carries_its_graph_and_is_signed(
    context: RecordingContext, format: str
) -> None:
    made = saver(format=format).run(context)
    assert (made.path.name, made.kind, made.signed) == (f"video_7.{format}", "video", True)
    video = read_video(made.path, context.workspace)
    assert (video.frames, video.height, video.width) == (9, 32, 48)
    assert sum(len(chunk) for chunk in video) == 9
    assert (video.audio is not None) == (format not in ("gif", "webp"))
    assert read_embedded(made.path) == context.document
    found = verify(made.path)
    assert found.state is State.INTACT
    assert found.claims is not None
    assert found.claims.prompt == MADE.prompt


@pytest.mark.parametrize(
    ("codec", "name"), [("auto", "h264"), ("hevc", "hevc"), ("av1", "libdav1d")]
)
def test_the_codec_is_the_one_asked_for(context: RecordingContext, codec: str, name: str) -> None:
    large = clip(2, height=64, width=64)
    made = saver(clip=large, codec=codec, hardware=False).run(context)
    with av.open(str(made.path)) as file:
        assert name in file.streams.video[0].codec_context.codec.name


def test_a_codec_that_the_format_cannot_hold_is_named(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match="codec 'h264' is not possible in webm"):
        saver(format="webm", codec="h264").run(context)
    assert not list(context.output.glob("*"))


def test_a_worse_quality_makes_a_smaller_file(context: RecordingContext) -> None:
    def size(quality: int) -> int:
        return saver(quality=quality, sign=False).run(context).path.stat().st_size

    assert size(50) < size(0)


def test_a_slower_preset_packs_the_same_pictures_tighter(context: RecordingContext) -> None:
    def size(preset: str) -> int:
        node = saver(clip=clip(33), preset=preset, sign=False, hardware=False)
        return node.run(context).path.stat().st_size

    assert size("veryslow") < size("ultrafast")


def test_progress_counts_frames_to_the_last(context: RecordingContext) -> None:
    saver().run(context)
    assert context.told[-1] == (9, 9, "frames")


@pytest.mark.parametrize("format", ["mp4", "gif"])
def test_cancelling_leaves_nothing_behind(context: RecordingContext, format: str) -> None:
    context.cancel_at = 1
    with pytest.raises(Cancelled):
        saver(format=format).run(context)
    assert not list(context.output.glob("*"))


def test_without_thumbnail_and_signature_there_is_one_file(context: RecordingContext) -> None:
    made = saver(sign=False, thumbnail=False).run(context)
    assert (made.signed, made.thumbnail) == (False, None)
    assert [path.name for path in context.output.iterdir()] == ["video_7.mp4"]
    assert verify(made.path).state is State.UNSIGNED


def names(context: RecordingContext) -> list[str]:
    return sorted(path.name for path in context.output.iterdir())


def test_a_format_without_a_place_for_a_signature_gets_it_beside(
    context: RecordingContext,
) -> None:
    for _ in range(2):
        made = saver(format="webm", thumbnail=False).run(context)
        assert verify(made.path).state is State.INTACT
    files = ["video_7.webm", "video_7.webm.c2pa", "video_7_2.webm", "video_7_2.webm.c2pa"]
    assert names(context) == files


def test_a_replaced_file_does_not_keep_the_signature_of_another(
    context: RecordingContext,
) -> None:
    saver(format="webm", thumbnail=False).run(context)
    again = saver(format="webm", thumbnail=False, sign=False, overwrite=True).run(context)
    assert names(context) == ["video_7.webm"]
    assert verify(again.path).state is State.UNSIGNED


def test_an_unwritable_folder_is_told_plainly(context: RecordingContext) -> None:
    context.output.write_text("in the way")
    with pytest.raises(StorageFailed, match="Nothing can be written"):
        saver().run(context)


def test_input_files_are_ingredients_of_the_signature(context: RecordingContext) -> None:
    before = saver(name="before").run(context)
    source = replace(clip(9), origin=replace(MADE, ingredients=(str(before.path),)))
    claims = verify(saver(clip=source, name="after").run(context).path).claims
    assert claims is not None
    assert [each.title for each in claims.ingredients] == ["before.mp4"]
