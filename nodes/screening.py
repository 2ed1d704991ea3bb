"""Holding what is written against the takedown register, while it streams by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import BlockedByPolicy
from engine.values import Clip, Image

if TYPE_CHECKING:
    from engine.trust.audit.entry import Assessment
    from engine.trust.takedown.search import Index, Match
    from nodes.streams import Chunks


class Screening:
    """Looks for registered material in one export; costs nothing while nothing is registered.

    Raises StorageFailed where the register is damaged.
    """

    def __init__(self) -> None:
        from engine.trust.takedown.register import Register
        from engine.trust.takedown.search import blocking_index

        self._index: Index | None = blocking_index(Register())
        self._outcome = "not finished"

    def clip(self, clip: Clip) -> Clip:
        """The same clip, whose reader meets BlockedByPolicy where registered material is shown."""
        index = self._index
        if index is None:
            return clip
        return replace(clip, stream=lambda: self._watched(index, clip))

    def image(self, image: Image) -> Image:
        """The same picture.  Raises BlockedByPolicy if it shows registered material."""
        if self._index is not None:
            from engine.trust.takedown.search import search

            self._judge(search(self._index, image))
            self._outcome = "passed"
        return image

    def assessed(self) -> tuple[Assessment, ...]:
        """For the audit log: nothing while nothing is registered."""
        from engine.trust.audit.entry import Assessment
        from engine.trust.takedown.search import VERSION

        if self._index is None:
            return ()
        judge = Assessment(
            what="takedown", by="perceptual hashes", version=VERSION, outcome=self._outcome
        )
        return (judge,)

    def _watched(self, index: Index, clip: Clip) -> Chunks:
        from engine.trust.takedown.search import Search

        looking = Search(index, clip.fps)
        for chunk_THWC in clip:
            self._judge(looking.see(chunk_THWC))
            yield chunk_THWC
        self._judge(looking.end())
        self._outcome = "passed"

    def _judge(self, found: Match | None) -> None:
        if found is None:
            return
        self._outcome = f"blocked by request {found.request}"
        raise BlockedByPolicy(
            f"This is nearly the same as material of takedown request {found.request} "
            f"(from second {found.seconds:.1f} on, {found.appearance:.0%} alike).",
            remedy=f"Make something else; 'reelwright takedown list' says what request "
            f"{found.request} is about.",
        )
