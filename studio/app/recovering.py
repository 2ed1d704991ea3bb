"""After a crash: looks for unsaved work, asks about it, and opens what shall come back.

A copy goes only once the document that was made from it is copied anew: whatever happens in
between, the work is somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from engine.graph.registry import Registry
from studio.app.recovery import RecoveryDialog
from studio.background import Background
from studio.document import OpenDocument
from studio.project.autosave import Autosave
from studio.project.recovery import Offer, Recovery, recovered
from studio.theme import Theme


class Recovering(QObject):
    """One look for unsaved work, at the start.  `then` is called when it is settled."""

    def __init__(
        self,
        background: Background,
        registry: Registry,
        autosave: Autosave,
        show: Callable[[OpenDocument], object],
        say: Callable[[str], None],
        then: Callable[[], None],
        window: QWidget,
    ) -> None:
        """`show` opens a document and has `autosave` watch it; `say` tells of damaged copies."""
        super().__init__(window)
        self._background = background
        self._registry = registry
        self._autosave = autosave
        self._show = show
        self._say = say
        self._then = then
        self._window = window
        self._recovery: Recovery | None = None
        self.dialog: RecoveryDialog | None = None

    def begin(self, theme: Theme) -> None:
        """Look in the background; ask if there is something to ask."""
        self._background.run(
            Recovery, lambda found: self._found(found, theme), lambda _: self._then()
        )

    def close(self) -> None:
        """The studio ends while the question stands: it is asked again next time."""
        if self._recovery is not None:
            self._recovery.close()
            self._recovery = None

    def _found(self, recovery: Recovery, theme: Theme) -> None:
        if not recovery.offers:
            for problem in recovery.problems:
                self._say(problem)
            self._background.run(recovery.close, _nothing)
            self._then()
            return
        self._recovery = recovery
        self.dialog = RecoveryDialog(recovery.offers, recovery.problems, theme, parent=self._window)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.finished.connect(lambda _: self._answered())
        self.dialog.open()

    def _answered(self) -> None:
        dialog, recovery = self.dialog, self._recovery
        self.dialog = self._recovery = None
        if dialog is None or recovery is None:
            return
        if dialog.answer == "recover":
            self._recover(recovery, dialog.chosen)
        elif dialog.answer == "discard":
            self._background.run(lambda: _discard(recovery), _nothing)
        else:
            self._background.run(recovery.close, _nothing)
        self._then()

    def _recover(self, recovery: Recovery, chosen: Sequence[Offer]) -> None:
        moves = _Moves(recovery, len(chosen))
        for offer in reversed(chosen):  # so that the newest comes to the front
            document = recovered(offer, self._registry)
            self._show(document)
            self._autosave.copy_now(document, then=partial(moves.moved, offer))


class _Moves:
    """Copies on their way from the dead studio to this one; the last one ends the recovery.

    Where one cannot be written, the recovery stays open, and its copies, until this studio ends.
    """

    def __init__(self, recovery: Recovery, count: int) -> None:
        self._recovery = recovery
        self._left = count
        self._lock = Lock()

    def moved(self, offer: Offer) -> None:
        """A copy is safe under its new name; called by any thread."""
        offer.discard()
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            self._recovery.close()


def _discard(recovery: Recovery) -> None:
    for offer in recovery.offers:
        offer.discard()
    recovery.close()


def _nothing(_: object) -> None:
    return None
