"""The time line, the waveform under it, and the rows of buttons."""

from __future__ import annotations

from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.theme import DARK, LIGHT
from studio.viewer.buttons import Transport, speed_text
from studio.viewer.scrubber import MARGIN, Scrubber
from studio.viewer.waveform import Waveform, outline

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def scrubber(qtbot: QtBot) -> Scrubber:
    made = Scrubber(DARK)
    qtbot.addWidget(made)
    made.resize(2 * MARGIN + 500, 44)
    made.set_length(100, Fraction(24))
    made.set_range(0, 99)
    made.show()
    return made


def at(scrubber: Scrubber, frame: float, y: int = 28) -> QPoint:
    return QPoint(round(scrubber.x_of(frame)), y)


def test_a_click_goes_to_the_frame_under_it(scrubber: Scrubber, qtbot: QtBot) -> None:
    with qtbot.waitSignal(scrubber.scrubbed) as heard:
        qtbot.mousePress(scrubber, LEFT, pos=at(scrubber, 40.5))
    assert heard.args == [40]


def test_dragging_scrubs_and_is_held_inside(scrubber: Scrubber, qtbot: QtBot) -> None:
    frames: list[int] = []
    scrubber.scrubbed.connect(frames.append)
    qtbot.mousePress(scrubber, LEFT, pos=at(scrubber, 10.5))
    qtbot.mouseMove(scrubber, at(scrubber, 20.5))
    qtbot.mouseMove(scrubber, QPoint(10_000, 28))
    with qtbot.waitSignal(scrubber.released):
        qtbot.mouseRelease(scrubber, LEFT, pos=at(scrubber, 99.5))
    assert frames[0] == 10
    assert frames[-1] == 99


def test_handles_set_the_range_and_never_cross(scrubber: Scrubber, qtbot: QtBot) -> None:
    ranges: list[tuple[int, int]] = []
    scrubber.range_changed.connect(lambda first, last: ranges.append((first, last)))
    scrubber.range_changed.connect(scrubber.set_range)
    qtbot.mousePress(scrubber, LEFT, pos=at(scrubber, 0))
    qtbot.mouseMove(scrubber, at(scrubber, 30.5))
    qtbot.mouseRelease(scrubber, LEFT, pos=at(scrubber, 30.5))
    assert ranges[-1] == (30, 99)
    qtbot.mousePress(scrubber, LEFT, pos=at(scrubber, 100))
    qtbot.mouseMove(scrubber, at(scrubber, 10.5))
    qtbot.mouseRelease(scrubber, LEFT, pos=at(scrubber, 10.5))
    assert ranges[-1] == (30, 30)


def test_above_the_track_a_click_moves_the_playhead_even_at_a_handle(
    scrubber: Scrubber, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(scrubber.scrubbed) as heard:
        qtbot.mousePress(scrubber, LEFT, pos=at(scrubber, 0, y=5))
    assert heard.args == [0]


def test_a_single_frame_has_nothing_to_scrub(scrubber: Scrubber, qtbot: QtBot) -> None:
    scrubber.set_length(1, Fraction(24))
    frames: list[int] = []
    scrubber.scrubbed.connect(frames.append)
    qtbot.mousePress(scrubber, LEFT, pos=QPoint(100, 28))
    assert frames == []
    scrubber.grab()


def test_the_playhead_is_where_its_frame_is(scrubber: Scrubber) -> None:
    scrubber.set_frame(50)
    image = scrubber.grab().toImage()
    x = round(scrubber.x_of(50.5))
    assert image.pixelColor(x, 19).name() == DARK.colors.accent


def test_what_is_decoded_is_marked(scrubber: Scrubber) -> None:
    scrubber.set_cached(((20, 39),))
    image = scrubber.grab().toImage()
    marked = image.pixelColor(round(scrubber.x_of(30)), 35)
    assert marked != image.pixelColor(round(scrubber.x_of(60)), 35)


def test_a_waveform_reaches_as_far_as_its_peaks() -> None:
    points = [(point.x(), point.y()) for point in outline(((-1.0, 1.0), (0.0, 0.0))).toList()]
    assert points[0] == (0, pytest.approx(-1.01))
    assert points[1] == (0.5, pytest.approx(-0.01))
    assert points[-1] == (0, pytest.approx(1.01))


def test_a_click_on_the_waveform_goes_there(qtbot: QtBot) -> None:
    waveform = Waveform(DARK, 36)
    qtbot.addWidget(waveform)
    waveform.resize(2 * MARGIN + 400, 36)
    waveform.set_peaks(((-0.5, 0.5),) * 100)
    waveform.show()
    with qtbot.waitSignal(waveform.scrubbed) as heard:
        qtbot.mousePress(waveform, LEFT, pos=QPoint(MARGIN + 100, 10))
    assert heard.args == [pytest.approx(0.25)]
    waveform.restyle(LIGHT)
    waveform.grab()


def test_speeds_are_written_as_people_do() -> None:
    assert [speed_text(speed) for speed in (1, 0.25, -2)] == ["1×", "0.25×", "−2×"]


def test_the_speaker_says_why_nothing_is_heard(qtbot: QtBot) -> None:
    transport = Transport(DARK)
    qtbot.addWidget(transport)
    transport.resize(800, 40)
    transport.show()
    transport.set_sound(there=True, muted=False, reason="Sound is off: no device.")
    assert transport.speaker.toolTip() == "Sound is off: no device."
    assert transport.speaker.property("icon_name") == "sound-off"
    assert not transport.volume.isEnabled()
    transport.set_sound(there=False, muted=False, reason="")
    assert not transport.speaker.isVisible()


def test_a_narrow_row_keeps_what_keys_alone_cannot_do(qtbot: QtBot) -> None:
    transport = Transport(DARK)
    qtbot.addWidget(transport)
    transport.show()
    transport.fit_to(300)
    assert transport.button("play").isVisible()
    assert not transport.button("set_in").isVisible()
    transport.fit_to(900)
    assert transport.button("set_in").isVisible()
