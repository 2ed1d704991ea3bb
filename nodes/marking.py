"""Marking what is exported: a visible label, a number hidden in picture and sound, read back.

One number stands for one export; it leads from a file that lost its signature to the manifest in
the ledger.  It follows from the node's fingerprint and the owner's key, so that making the same
again writes the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from engine.errors import InvalidMedia
from engine.graph.context import Context
from engine.graph.params import ParamValue
from engine.values import Audio, Clip, Image
from nodes.auditing import named_content

if TYPE_CHECKING:
    from engine.trust.label import Corner, Stamp
    from engine.trust.release import Mark
    from engine.trust.watermark.keys import MarkKey
    from engine.trust.watermark.markers import Marker
    from nodes.streams import Chunks

Language = Literal["none", "en", "ar", "de", "es", "fr", "hi", "it", "ja", "pt", "ru", "tr", "zh"]

MARK_HELP: Final = (
    "Hide a number in picture and sound that leads to the manifest when the signature is lost."
)
LABEL_HELP: Final = "Show 'AI generated' in this language in a corner of the picture."

CORNER_HELP: Final = "Where the label stands."


_SOUND_STRENGTHS: Final = (1.0, 1.6)
"""Of the usual; the second is tried where the first cannot be read in the finished file."""
_LOOKED_AT: Final = 16
"""Seconds of the finished file that are read back; all tiles are in them."""
_UNREAD: Final = "could not be read in the finished file"


class Marking:
    """The marks of one export: put on while it is written, read back, and told at the end."""

    def __init__(
        self,
        ctx: Context,
        *,
        mark: bool,
        label: Language = "none",
        corner: Corner = "bottom-right",
    ) -> None:
        from engine.trust.watermark.keys import owner_key
        from engine.trust.watermark.markers import writing_markers

        self._key: MarkKey | None = owner_key() if mark else None
        self._markers: tuple[Marker, ...] = writing_markers() if mark else ()
        self._number = 0 if self._key is None else _number(self._key, ctx.fingerprint)
        self._label, self._corner = label, corner
        self._attempt = 0
        self._marks: dict[str, Mark] = {}

    def clip(self, clip: Clip) -> Clip:
        """The clip with all its marks."""
        shown = self.labelled(clip)
        # The sound first: it may carry a number already, which then is the picture's, too.
        if clip.audio is not None:
            shown = replace(shown, audio=self.sound(_fitting(clip.audio, clip)))
        return self.picture(shown)

    def picture(self, clip: Clip) -> Clip:
        """The clip with the number in its frames, by every marker that is in use."""
        for marker in self._markers:
            clip = self._marked(clip, marker)
        return clip

    def _marked(self, clip: Clip, marker: Marker) -> Clip:
        assert self._key is not None
        key, number, strength = self._key, self._number, marker.strengths[self._attempt]
        fault = marker.unfit(clip.width, clip.height, float(clip.duration))
        self._tell_picture(marker, fault)
        if fault:
            return clip

        def stream() -> Chunks:
            return marker.mark(iter(clip), id=number, key=key, fps=clip.fps, strength=strength)

        return replace(clip, stream=stream)

    def labelled(self, clip: Clip) -> Clip:
        """The clip with its visible label alone."""
        stamp = self._stamp(clip.height, clip.width)
        return clip if stamp is None else stamped(clip, stamp)

    def sound(self, audio: Audio) -> Audio:
        """The sound with the number in it."""
        from engine.trust.watermark.audio.mark import MIN_SECONDS, mark_audio
        from engine.trust.watermark.audio.read import read_audio_mark

        if self._key is None:
            return audio
        seconds = float(audio.duration)
        if seconds < MIN_SECONDS:
            self._tell_sound(f"too short ({seconds:.1f} s; from {MIN_SECONDS:.1f} s on)")
            return audio
        if not audio.samples_CN.any():
            self._tell_sound("it is silent")
            return audio
        # Two marks of one key would drown each other: what is marked keeps its number.
        before = read_audio_mark(audio, self._key)
        if before is not None:
            self._number = before.id
            self._tell_sound("")
            return audio
        self._tell_sound("")
        strength = _SOUND_STRENGTHS[self._attempt]
        return mark_audio(audio, id=self._number, key=self._key, strength=strength)

    def image(self, image: Image) -> Image:
        """The picture with its visible label."""
        stamp = self._stamp(image.height, image.width)
        if stamp is None:
            return image
        return replace(image, pixels_HWC=stamp.on(image.pixels_HWC[None])[0])

    def written(self, write: Callable[[], None], heard: Path, seen: Path | None = None) -> None:
        """Write, and look whether the number can be read in the finished files.

        If not, all is written once more with stronger marks.  `seen` is None where the frames are
        kept as they are.
        """
        unheard = False
        unseen: list[Marker] = []
        for self._attempt in range(len(_SOUND_STRENGTHS)):
            write()
            unheard = self._is_in("sound") and not self._hears(heard)
            unseen = (
                []
                if seen is None
                else [each for each in self._put_on() if not self._sees(each, seen)]
            )
            if not unheard and not unseen:
                return
        if unheard:
            self._tell_sound(_UNREAD)
        for marker in unseen:
            self._tell_picture(marker, _UNREAD)

    def marks(self) -> tuple[Mark, ...]:
        """What was put on, and what was wanted and was not, with the reason."""
        return tuple(self._marks.values())

    def tell_picture(self, fault: str) -> None:
        """Say why the picture is not marked at all."""
        for marker in self._markers:
            self._tell_picture(marker, fault)

    def _tell_picture(self, marker: Marker, fault: str) -> None:
        from engine.trust.release import Mark

        self._marks[marker.algorithm] = Mark(marker.kind, marker.algorithm, self._number, fault)

    def _put_on(self) -> list[Marker]:
        return [each for each in self._markers if self._is_in(each.algorithm)]

    def _is_in(self, what: str) -> bool:
        return what in self._marks and not self._marks[what].fault

    def _tell_sound(self, fault: str) -> None:
        from engine.trust.release import AUDIO_WATERMARK, Mark, MarkKind

        self._marks["sound"] = Mark(MarkKind.AUDIO, AUDIO_WATERMARK, self._number, fault)

    def _sees(self, marker: Marker, path: Path) -> bool:
        """Whether the number stands there so clearly that it is also read after a copy."""
        from engine.media.read_video import read_video

        assert self._key is not None
        try:
            clip = read_video(path, path.parent)
            found = marker.read(
                iter(clip), key=self._key, fps=clip.fps, changed=False, seconds=_LOOKED_AT
            )
        except InvalidMedia:
            return False
        return found is not None and found.id == self._number and found.confidence >= marker.margin

    def _hears(self, path: Path) -> bool:
        from engine.media.read_audio import read_audio
        from engine.trust.watermark.audio.read import read_audio_mark

        assert self._key is not None
        try:
            found = read_audio_mark(read_audio(path), self._key)
        except InvalidMedia:
            return False
        return found is not None and found.id == self._number

    def _stamp(self, height: int, width: int) -> Stamp | None:
        if self._label == "none":
            return None
        from engine.trust.label import Label, stamp
        from engine.trust.release import Mark, MarkKind

        drawn = stamp(Label(self._label, self._corner), height, width)
        fault = f"too small ({width} x {height} pixels)" if drawn is None else ""
        self._marks["label"] = Mark(MarkKind.LABEL, fault=fault)
        return drawn


def export_content(params: Mapping[str, ParamValue]) -> str:
    """What tells the classifiers and markers of an export from others: changed, they work again."""
    from engine.trust.watermark.markers import markers_content

    marked = markers_content() if params.get("mark", True) else ""
    return named_content(params.get("classifiers")) + marked


def _number(key: MarkKey, fingerprint: str) -> int:
    from engine.trust.watermark.message import ID_BITS

    return int.from_bytes(key.derived("id", fingerprint)[: ID_BITS // 8], "big")


def _fitting(audio: Audio, clip: Clip) -> Audio:
    """The sound as long as the picture at most, as it will be written."""
    samples = round(clip.duration * audio.rate)
    return replace(audio, samples_CN=audio.samples_CN[:, :samples])


def stamped(clip: Clip, stamp: Stamp) -> Clip:
    """The clip with a label in every frame."""

    def stream() -> Chunks:
        for chunk_THWC in clip:
            yield stamp.on(chunk_THWC)

    return replace(clip, stream=stream)
