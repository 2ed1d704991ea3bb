"""The viewer with real files, by mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from time import monotonic

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from engine.media.read_image import read_image
from engine.media.write_audio import write_audio
from engine.media.write_image import encoded_picture, write_image
from engine.values import Image
from studio.background import Background
from studio.commands import COMMANDS
from studio.theme import DARK, LIGHT, style_sheet
from studio.viewer.keys import KEYS
from studio.viewer.look import Look
from studio.viewer.media import Media
from studio.viewer.panel import ViewerPanel
from tests.studio.viewer.conftest import (
    number_in,
    numbered,
    silent_computer,
    tone,
    write_numbered,
)

Key = Qt.Key
PATIENCE = 30_000


class Viewer:
    """A panel, and what a test asks of it."""

    def __init__(self, panel: ViewerPanel, qtbot: QtBot) -> None:
        self.panel, self.qtbot = panel, qtbot

    def open(self, path: Path, title: str = "") -> None:
        """Show a file and wait until its first picture is there."""
        self.panel.show(Media.of(path, title))
        self.wait(lambda: self.panel.header._about.text() != "" and self.number == 0)

    def wait(self, until: object) -> None:
        self.qtbot.waitUntil(until, timeout=PATIENCE)

    def key(self, key: Qt.Key, shift: bool = False) -> None:
        modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        self.qtbot.keyClick(self.panel, key, modifier)

    @property
    def frame(self) -> int:
        return self.panel.player.clock.frame(monotonic())

    @property
    def number(self) -> int | None:
        """What the picture on the screen shows."""
        return number_in(self.panel.surface.picture)

    def shows(self, frame: int) -> None:
        self.wait(lambda: self.number == frame)
        assert self.frame == frame


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[Viewer]:
    background = Background()
    panel = ViewerPanel(DARK, background, open_sound=silent_computer)
    panel.setStyleSheet(style_sheet(DARK))
    qtbot.addWidget(panel)
    panel.resize(760, 560)
    panel.show()
    yield Viewer(panel, qtbot)
    panel.close_media()
    background.close()


def test_at_first_it_says_what_to_do(viewer: Viewer) -> None:
    assert viewer.panel.surface.picture is None
    assert "Run the graph" in viewer.panel.surface.accessibleDescription()
    assert not viewer.panel.transport.isVisible()


def test_a_video_is_shown_with_its_title_size_and_sound(viewer: Viewer, video: Path) -> None:
    viewer.open(video, "Seed 4")
    assert viewer.panel.header.title.text() == "Seed 4"
    assert "24 fps" in viewer.panel.header._about.text()
    viewer.wait(lambda: viewer.panel.waveform.isVisible())
    assert viewer.panel.transport.isVisible()


def test_arrows_home_and_end_go_to_exact_frames(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_Right)
    viewer.shows(1)
    viewer.key(Key.Key_End)
    viewer.shows(59)
    viewer.key(Key.Key_Left)
    viewer.shows(58)
    viewer.key(Key.Key_Left, shift=True)
    viewer.shows(34)
    viewer.key(Key.Key_Home)
    viewer.shows(0)


def test_space_plays_and_holds(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_Space)
    assert viewer.panel.player.playing
    viewer.wait(lambda: (viewer.number or 0) >= 3)
    viewer.key(Key.Key_Space)
    assert not viewer.panel.player.playing
    viewer.shows(viewer.frame)


def test_playing_presents_frames_in_turn(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    seen: list[int] = []
    viewer.panel.player.set_loop("once", monotonic())
    viewer.key(Key.Key_Space)

    def ended() -> bool:
        number = viewer.number
        if number is not None and (not seen or seen[-1] != number):
            seen.append(number)
        return not viewer.panel.player.playing

    viewer.wait(ended)
    assert seen == sorted(seen)
    assert seen[-1] == 59


def test_r_loops_turns_round_or_ends(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    button = viewer.panel.transport.button("loop")
    seen = []
    for _ in range(3):
        viewer.key(Key.Key_R)
        seen.append((viewer.panel.player.clock.loop, button.isChecked(), button.toolTip()[:4]))
    assert seen == [("bounce", True, "Turn"), ("once", False, "Ends"), ("loop", True, "Begi")]


def test_preferences_are_taken_on_and_kept_for_the_next_file(viewer: Viewer, video: Path) -> None:
    viewer.panel.prefer(loop=False, volume=40)
    viewer.open(video)
    assert viewer.panel.player.clock.loop == "once"
    assert viewer.panel.player.sound.volume == pytest.approx(0.4)


def test_j_k_and_l_shuttle(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    clock = lambda: viewer.panel.player.clock  # noqa: E731
    viewer.key(Key.Key_L)
    viewer.wait(lambda: clock().playing)
    viewer.key(Key.Key_L)
    assert clock().speed == 2
    viewer.key(Key.Key_J)
    assert (clock().playing, clock().speed) == (True, -1)
    viewer.key(Key.Key_K)
    assert (clock().playing, clock().speed) == (False, 1)


def test_i_and_o_set_the_range_and_x_clears_it(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.panel.deeds.seek(10)
    viewer.key(Key.Key_I)
    viewer.panel.deeds.seek(20)
    viewer.key(Key.Key_O)
    assert (viewer.panel.scrubber.first, viewer.panel.scrubber.last) == (10, 20)
    viewer.key(Key.Key_Home)
    viewer.shows(10)
    viewer.key(Key.Key_X)
    assert (viewer.panel.scrubber.first, viewer.panel.scrubber.last) == (0, 59)


def test_an_in_point_behind_the_out_point_moves_it_along(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.panel.deeds.set_range(5, 10)
    viewer.panel.deeds.seek(30)
    viewer.key(Key.Key_I)
    assert (viewer.panel.scrubber.first, viewer.panel.scrubber.last) == (30, 30)


def test_one_and_nought_zoom(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_1)
    assert viewer.panel.surface.zoom() == 1
    viewer.key(Key.Key_0)
    assert viewer.panel.surface.framing.zoom is None


def test_scrubbing_shows_the_frame_under_the_mouse(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    scrubber = viewer.panel.scrubber
    for frame in (45, 12):
        place = QPoint(round(scrubber.x_of(frame + 0.5)), 28)
        viewer.qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=place)
        viewer.shows(frame)


def test_exposure_and_channels_change_what_is_seen(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_Minus)
    assert viewer.panel.look == Look(exposure=-0.5)
    viewer.key(Key.Key_H)
    assert viewer.panel.look.channel == "r"
    assert viewer.panel.surface.note == "-0.5 stops  ·  red"
    assert viewer.panel.header.button("look").isChecked()
    viewer.panel.deeds.do("exposure_reset")
    assert viewer.panel.look.exposure == 0
    for _ in range(4):
        viewer.key(Key.Key_H)
    assert viewer.panel.surface.note == ""
    assert not viewer.panel.header.button("look").isChecked()


def test_a_missing_file_is_one_sentence_where_the_picture_would_be(
    viewer: Viewer, tmp_path: Path
) -> None:
    viewer.panel.show(Media.of(tmp_path / "missing.mp4"))
    viewer.wait(lambda: viewer.panel.player.error is not None)
    viewer.wait(lambda: "missing.mp4" in viewer.panel.surface.accessibleDescription())
    assert not viewer.panel.transport.isVisible()


def test_after_a_damaged_file_the_next_one_is_shown_clean(
    viewer: Viewer, video: Path, tmp_path: Path
) -> None:
    whole = video.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 9 // 10])
    viewer.open(tmp_path / "cut.mp4")
    assert "is cut short" in viewer.panel.notice.text
    assert viewer.panel.notice.isVisible()
    viewer.open(video)
    assert viewer.panel.notice.text == ""
    assert not viewer.panel.notice.isVisible()


def test_a_vanished_file_plays_on_and_its_export_says_what_is_wrong(
    viewer: Viewer, tmp_path: Path
) -> None:
    path = write_numbered(tmp_path / "gone.mp4", 20)
    viewer.open(path)
    path.unlink()
    viewer.key(Key.Key_End)
    viewer.shows(19)
    viewer.panel.deeds.export_to(tmp_path / "frame.png")
    viewer.wait(lambda: "gone.mp4" in viewer.panel.notice.text)


def test_one_frame_has_nothing_to_play(viewer: Viewer, tmp_path: Path) -> None:
    viewer.open(write_numbered(tmp_path / "one.mp4", 1))
    viewer.key(Key.Key_Space)
    assert not viewer.panel.player.playing
    assert not viewer.panel.transport.button("play").isEnabled()


def test_a_picture_has_no_time_line(viewer: Viewer, tmp_path: Path) -> None:
    write_image(Image(numbered(0)), tmp_path / "still.png")
    viewer.open(tmp_path / "still.png")
    assert not viewer.panel.scrubber.isVisible()
    assert viewer.panel.header.button("export_frame").isEnabled()


def test_a_sound_file_is_shown_as_its_waveform_and_played(viewer: Viewer, tmp_path: Path) -> None:
    write_audio(tone(1.0), tmp_path / "rain.wav")
    panel = viewer.panel
    panel.show(Media.of(tmp_path / "rain.wav"))
    viewer.wait(lambda: bool(panel.big_waveform.peaks))
    assert panel.stack.currentWidget() is panel.big_waveform
    assert panel.scrubber.frames == 100
    viewer.key(Key.Key_Space)
    viewer.wait(lambda: viewer.frame > 5)
    assert "Sound is off" in panel.transport.speaker.toolTip()


def test_a_video_without_sound_shows_neither_speaker_nor_waveform(
    viewer: Viewer, tmp_path: Path
) -> None:
    viewer.open(write_numbered(tmp_path / "quiet.mp4", 10))
    assert not viewer.panel.waveform.isVisible()
    assert not viewer.panel.transport.speaker.isVisible()


def test_an_earlier_result_is_compared_frame_by_frame(
    viewer: Viewer, video: Path, tmp_path: Path
) -> None:
    earlier = write_numbered(tmp_path / "earlier.mp4", 60)
    viewer.open(video)
    viewer.panel.compare(Media.of(earlier, "Seed 3"))
    assert viewer.panel.surface.comparison == "wipe"
    viewer.panel.deeds.seek(33)
    viewer.shows(33)
    viewer.wait(lambda: number_in(viewer.panel.player.shown.other) == 33)
    viewer.panel.compare(None)
    assert viewer.panel.surface.comparison == "off"


def test_w_compares_with_what_was_shown_before(viewer: Viewer, video: Path, tmp_path: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_W)
    assert "no earlier result" in viewer.panel.notice.text
    newer = write_numbered(tmp_path / "newer.mp4", 60)
    viewer.open(newer)
    viewer.key(Key.Key_W)
    assert viewer.panel.player.other_media == Media.of(video)
    viewer.key(Key.Key_S)
    assert viewer.panel.surface.comparison == "side"
    viewer.key(Key.Key_A)
    assert viewer.panel.player.media == Media.of(video)
    assert viewer.panel.player.other_media == Media.of(newer)


def test_a_compared_file_that_cannot_be_read_says_so(
    viewer: Viewer, video: Path, tmp_path: Path
) -> None:
    viewer.open(video)
    viewer.panel.compare(Media.of(tmp_path / "missing.mp4"))
    viewer.wait(lambda: "missing.mp4" in viewer.panel.notice.text)
    viewer.key(Key.Key_Right)
    viewer.shows(1)


def test_the_shown_frame_is_exported(viewer: Viewer, video: Path, tmp_path: Path) -> None:
    viewer.open(video)
    viewer.panel.deeds.seek(21)
    with viewer.qtbot.waitSignal(viewer.panel.frame_exported, timeout=PATIENCE) as heard:
        viewer.panel.deeds.export_to(tmp_path / "frame.png")
    assert heard.args == [tmp_path / "frame.png"]
    line = read_image(tmp_path / "frame.png").pixels_HWC[16, 8::16, 0] > 127
    assert sum(1 << bit for bit, on in enumerate(line) if on) == 21


def test_the_contact_sheet_shows_frames_and_goes_to_one(
    viewer: Viewer, video: Path, tmp_path: Path
) -> None:
    viewer.open(video)
    viewer.key(Key.Key_T)
    grid = viewer.panel.contact_sheet.grid
    viewer.wait(lambda: len(grid.stills) == 20)
    with viewer.qtbot.waitSignal(viewer.panel.frame_exported, timeout=PATIENCE):
        viewer.panel.deeds.save_sheet_to(tmp_path / "sheet.png")
    assert read_image(tmp_path / "sheet.png").pixels_HWC.shape[1] > 5 * 128
    viewer.qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell(3).center())
    assert viewer.frame == grid.stills[3].frame
    viewer.key(Key.Key_T)
    assert viewer.panel.stack.currentWidget() is viewer.panel.surface


def test_a_preview_is_shown_while_sampling_and_the_newest_counts(
    viewer: Viewer, video: Path
) -> None:
    viewer.open(video)
    for number in (3, 4, 5):
        viewer.panel.show_preview(encoded_picture(numbered(number), ".png"))
    viewer.wait(lambda: viewer.number == 5)
    assert viewer.panel.player.media is None
    assert not viewer.panel.transport.isVisible()
    viewer.panel.show_preview(b"damaged")
    viewer.open(video)
    assert viewer.panel.header.title.text() == video.name


def test_the_badge_finds_out_where_a_file_comes_from(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.wait(lambda: viewer.panel.badge.text() == "Not signed")
    viewer.panel.clear()
    assert not viewer.panel.badge.isVisible()


def test_another_theme_is_taken_on(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.panel.set_theme(LIGHT)
    assert viewer.panel.surface.theme is LIGHT
    viewer.panel.grab()


def test_a_hidden_viewer_does_not_play_on(viewer: Viewer, video: Path) -> None:
    viewer.open(video)
    viewer.key(Key.Key_Space)
    viewer.panel.hide()
    assert not viewer.panel.player.playing


def test_every_button_says_what_it_does(viewer: Viewer) -> None:
    for button in viewer.panel.findChildren(QToolButton):
        if button is not viewer.panel.badge:
            assert button.toolTip(), button
            assert button.accessibleName(), button


def test_every_command_of_the_window_is_a_deed_and_every_key_too(viewer: Viewer) -> None:
    deeds = set(viewer.panel.deeds.handlers)
    commands = {key.removeprefix("viewer.") for key, c in COMMANDS.items() if c.where == "viewer"}
    assert commands <= deeds
    assert set(KEYS.values()) <= deeds


def test_commands_do_no_harm_when_nothing_is_shown(viewer: Viewer) -> None:
    for command in viewer.panel.deeds.handlers:
        if command != "look":
            viewer.panel.deeds.do(command)
    assert viewer.panel.player.media is None


def test_a_variable_rate_plays_on_its_constant_one(viewer: Viewer, tmp_path: Path) -> None:
    from tests.engine.media.samples import encode, rgb_frame

    frames = [rgb_frame(numbered(n)) for n in range(4)]
    for frame, at in zip(frames, (0, 40, 160, 200), strict=True):
        frame.pts, frame.time_base = at, Fraction(1, 1000)
    viewer.open(encode(tmp_path / "v.mkv", frames, "libx264", rate=Fraction(25)))
    assert viewer.panel.scrubber.frames == 6
    viewer.panel.deeds.seek(3)
    viewer.wait(lambda: viewer.number == 1)
    viewer.panel.deeds.seek(4)
    viewer.wait(lambda: viewer.number == 2)
