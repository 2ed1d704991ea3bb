"""Clips to animated GIF files, with one palette for the whole clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from engine.media.muxing import muxed
from engine.media.overlap import overlapped
from engine.media.write_video import WAITING_CHUNKS
from engine.values import Clip

_TICK = Fraction(1, 100)
# Viewers slow down a GIF whose frames are shown for less than two ticks.
_FASTEST = Fraction(50)
# The time to find a palette grows faster than the number of colours it is found from.
_PALETTE_PIXELS = 200_000


def write_gif(
    clip: Clip, path: Path, check: Callable[[], None], progress: Callable[[int], None]
) -> None:
    """Write a GIF that repeats for ever.

    The clip is read twice, first for its palette; above 50 frames a second, frames are left out.
    """
    palette = _palette(clip, check)
    with muxed(path, "gif", options={"loop": "0"}) as container:
        writer = _Gif(container, clip, palette)
        with overlapped(writer.write, depth=WAITING_CHUNKS) as put:
            for chunk in clip:
                check()
                put(chunk)
                progress(writer.frames)
        writer.finish()
        progress(writer.frames)


class _Gif:
    def __init__(self, container: av.OutputContainer, clip: Clip, palette: av.VideoFrame) -> None:
        self.frames = 0
        self._container = container
        self._fps = clip.fps
        self._every = math.ceil(clip.fps / _FASTEST)
        self._stream = container.add_stream("gif", rate=clip.fps)
        self._stream.width = clip.width
        self._stream.height = clip.height
        self._stream.pix_fmt = "pal8"
        self._stream.codec_context.time_base = _TICK
        self._graph = Graph()
        self._input = _source(self._graph, clip.width, clip.height, "rgb24")
        self._output = self._graph.add("buffersink")
        colours = _source(self._graph, palette.width, palette.height, palette.format.name)
        mapped = self._graph.add("paletteuse")
        self._input.link_to(mapped, 0, 0)
        colours.link_to(mapped, 0, 1)
        mapped.link_to(self._output)
        self._graph.configure()
        colours.push(palette)
        colours.push(None)

    def write(self, chunk_THWC: NDArray[np.uint8]) -> None:
        for frame_HWC in np.ascontiguousarray(chunk_THWC):
            if self.frames % self._every == 0:
                self._input.push(_numbered(frame_HWC, self.frames))
                self._encode_mapped()
            self.frames += 1

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._input.push(None)
        self._encode_mapped()
        self._container.mux(self._stream.encode(None))

    def _encode_mapped(self) -> None:
        for frame in _pulled(self._output):
            frame.pts = round(frame.pts / self._fps / _TICK)
            frame.time_base = _TICK
            self._container.mux(self._stream.encode(frame))


def _palette(clip: Clip, check: Callable[[], None]) -> av.VideoFrame:
    """The 256 colours that serve the whole clip best, from evenly spread pixels of each frame."""
    step = math.ceil(math.sqrt(clip.frames * clip.height * clip.width / _PALETTE_PIXELS))
    graph = Graph()
    width, height = math.ceil(clip.width / step), math.ceil(clip.height / step)
    source = _source(graph, width, height, "rgb24")
    generator = graph.add("palettegen", "reserve_transparent=0")
    sink = graph.add("buffersink")
    source.link_to(generator)
    generator.link_to(sink)
    graph.configure()
    index = 0
    for chunk in clip:
        check()
        for frame_HWC in chunk[:, ::step, ::step]:
            source.push(_numbered(np.ascontiguousarray(frame_HWC), index))
            index += 1
    source.push(None)
    return sink.pull()


def _source(graph: Graph, width: int, height: int, pixel_format: str) -> FilterContext:
    return graph.add_buffer(
        width=width,
        height=height,
        format=av.VideoFormat(pixel_format),
        time_base=Fraction(1),
    )


def _numbered(frame_HWC: NDArray[np.uint8], index: int) -> av.VideoFrame:
    """A frame whose timestamp is its number."""
    frame = av.VideoFrame.from_numpy_buffer(frame_HWC, "rgb24")
    frame.pts = index
    frame.time_base = Fraction(1)
    return frame


def _pulled(sink: FilterContext) -> Iterator[av.VideoFrame]:
    """What a filter has ready."""
    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield sink.pull()
