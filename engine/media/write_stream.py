"""Videos as streams: a folder of segments that servers hand out, with playlists for HLS and DASH.

    stream.mpd, master.m3u8     what players open
    media_0.m3u8                the segments of one track
    init_0.mp4                  what begins a track: 0 is the picture, 1 the sound
    part_0_00001.m4s            its segments, fragmented MP4 (ISO/IEC 14496-12, 8.8)
    graph.reel                  the document

The packets are those of the video: nothing is encoded again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
from av.container import Flags
from av.stream import Stream

from engine.atomic import replacing
from engine.errors import InvalidMedia
from engine.media.embed import DOCUMENT_FILE

PLAYLIST: Final = "stream.mpd"
_OPTIONS: Final = {
    "dash_segment_type": "mp4",
    "hls_playlist": "1",
    "init_seg_name": "init_$RepresentationID$.mp4",
    "media_seg_name": "part_$RepresentationID$_$Number%05d$.m4s",
}
_HOUR_OF_WRITING: Final = "#EXT-X-PROGRAM-DATE-TIME"


def write_stream(video: Path, folder: Path, seconds: float, document: str = "") -> None:
    """Cut the video into segments of `seconds` at least; they begin with whole pictures.

    The folder appears, or takes the place of an older one, only when it is complete.  Raises
    InvalidMedia for what is no video, or of a kind that MP4 does not hold; StorageFailed for a
    full disk or an unwritable place.
    """
    with replacing(folder) as partial:
        partial.mkdir()
        try:
            _cut(video, partial / PLAYLIST, {**_OPTIONS, "seg_duration": f"{seconds:g}"})
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, OSError):
                raise
            raise InvalidMedia(
                f"'{video}' cannot be cut into segments: {error}.",
                remedy="Give a video in H.264, HEVC or AV1 with AAC sound.",
            ) from error
        for playlist in partial.glob("*.m3u8"):
            _without_dates(playlist)
        if document:
            (partial / DOCUMENT_FILE).write_text(document, "utf-8")


def _cut(video: Path, playlist: Path, options: dict[str, str]) -> None:
    with (
        av.open(str(video)) as source,
        av.open(str(playlist), "w", format="dash", options=options) as target,
    ):
        target.flags |= Flags.bitexact.value
        tracks: list[Stream] = [*source.streams.video[:1], *source.streams.audio[:1]]
        copies = {each.index: target.add_stream_from_template(each) for each in tracks}
        for packet in source.demux(*tracks):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)


def _without_dates(playlist: Path) -> None:
    """When it was written is not when it was taken, as the dates would say."""
    lines = playlist.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(_HOUR_OF_WRITING)]
    playlist.write_text("".join(kept), "utf-8")
