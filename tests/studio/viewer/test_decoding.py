"""The decoding thread: what is wanted now comes first, and nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition

import pytest

from studio.viewer.decoding import AHEAD, Decoder, Wish
from studio.viewer.look import Look
from studio.viewer.pixels import Output, rgb_from_rows
from tests.engine.media.samples import encode, rgb_frame
from tests.studio.viewer.conftest import HEIGHT, WIDTH, number_in, numbered, write_numbered

SMALL = Output(WIDTH // 2, HEIGHT // 2)
PATIENCE = 30


class Watched:
    """A decoder, and a way to wait for what it does."""

    def __init__(self, path: Path, budget: int | None = None, wish: Wish | None = None) -> None:
        self._told = Condition()
        self.decoder = Decoder(path, self._wake, budget)
        self.decoder.want(wish or Wish(output=SMALL))
        self.decoder.start()

    def _wake(self) -> None:
        with self._told:
            self._told.notify_all()

    def wait(self, until: Callable[[], object]) -> None:
        with self._told:
            assert self._told.wait_for(lambda: until() or self.decoder.error, PATIENCE)

    def close(self) -> None:
        self.decoder.close()
        self.decoder.join()


@pytest.fixture
def opened() -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(path: Path, budget: int | None = None, wish: Wish | None = None) -> Watched:
        made.append(Watched(path, budget, wish))
        return made[-1]

    yield make
    for watched in made:
        watched.close()


Open = Callable[..., Watched]


def test_the_first_frame_comes_in_the_wanted_size(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.facts and watched.decoder.ready(0))
    picture = watched.decoder.ready(0)
    assert picture is not None
    assert (picture.width, picture.height) == (SMALL.width, SMALL.height)


def test_a_frame_that_is_wanted_is_exactly_that_frame(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.facts)
    for frame in (41, 3, 59, 0, 30):
        watched.decoder.want(Wish(frame=frame, output=SMALL))
        watched.wait(lambda frame=frame: watched.decoder.ready(frame))
        assert number_in(watched.decoder.ready(frame)) == frame


def test_the_whole_file_is_decoded_when_there_is_time(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.cached == ((0, 59),))
    assert watched.decoder.notice == ""


def test_while_playing_pictures_are_ready_before_their_time(video: Path, opened: Open) -> None:
    watched = opened(video, wish=Wish(frame=10, playing=True, output=SMALL))
    ahead = range(10, 10 + AHEAD + 1)
    watched.wait(lambda: watched.decoder.facts and all(map(watched.decoder.ready, ahead)))
    assert [number_in(watched.decoder.ready(frame)) for frame in ahead] == list(ahead)


def test_before_the_end_of_a_loop_its_beginning_is_ready(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.facts)
    watched.decoder.want(Wish(frame=49, playing=True, first=20, last=50, output=SMALL))
    watched.wait(lambda: watched.decoder.ready(21))
    assert number_in(watched.decoder.ready(21)) == 21


def test_backwards_the_frames_before_are_ready(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.facts)
    watched.decoder.want(Wish(frame=30, direction=-1, playing=True, output=SMALL))
    watched.wait(lambda: watched.decoder.ready(30 - AHEAD))
    assert number_in(watched.decoder.ready(30 - AHEAD)) == 30 - AHEAD


@pytest.mark.parametrize("direction", [1, -1])
def test_a_small_budget_still_plays_to_the_end(direction: int, video: Path, opened: Open) -> None:
    watched = opened(video, budget=12 * WIDTH * HEIGHT * 2)
    watched.wait(lambda: watched.decoder.facts)
    for frame in range(60)[::direction]:
        wish = Wish(frame=frame, direction=direction, playing=True, loop=False, output=SMALL)
        watched.decoder.want(wish)
        watched.wait(lambda frame=frame: watched.decoder.ready(frame))
        assert number_in(watched.decoder.ready(frame)) == frame
    held = sum(last - first + 1 for first, last in watched.decoder.cached)
    assert held < 60


def test_another_size_comes_without_decoding_again(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.cached == ((0, 59),))
    watched.decoder.want(Wish(frame=0, output=Output(WIDTH, HEIGHT)))
    watched.wait(lambda: (p := watched.decoder.ready(0)) and p.width == WIDTH)
    assert watched.decoder.cached == ((0, 59),)


def test_a_look_changes_what_is_shown_and_not_the_original(video: Path, opened: Open) -> None:
    dark = Output(WIDTH, HEIGHT, Look(exposure=-6))
    watched = opened(video, wish=Wish(frame=255 % 60, output=dark, original=True))
    frame = 255 % 60
    watched.wait(lambda: watched.decoder.original(frame) and watched.decoder.ready(frame))
    seen, original = watched.decoder.ready(frame), watched.decoder.original(frame)
    assert seen is not None
    assert original is not None
    assert rgb_from_rows(seen).max() < 60
    assert rgb_from_rows(original).max() > 240


def test_damaged_frames_show_the_one_before_and_one_sentence_says_so(
    tmp_path: Path, opened: Open
) -> None:
    frames = [rgb_frame(numbered(n), "yuvj420p") for n in range(12)]
    path = encode(tmp_path / "damaged.mkv", frames, "mjpeg")
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content) - 1) if content[at : at + 2] == b"\xff\xd8"]
    end = content.index(b"\xff\xd9", starts[5])
    content[starts[5] : end] = bytes(end - starts[5])
    path.write_bytes(bytes(content))
    watched = opened(path)
    watched.wait(lambda: watched.decoder.cached == ((0, 11),))
    assert watched.decoder.notice.startswith("1 frame of 'damaged.mkv' is damaged")
    watched.decoder.want(Wish(frame=5, output=SMALL))
    watched.wait(lambda: watched.decoder.ready(5))
    assert number_in(watched.decoder.ready(5)) == 4


def test_a_file_that_cannot_be_shown_says_why(tmp_path: Path, opened: Open) -> None:
    watched = opened(tmp_path / "missing.mp4")
    watched.wait(lambda: watched.decoder.error)
    assert "missing.mp4" in str(watched.decoder.error)


def test_a_file_that_vanishes_is_played_on(tmp_path: Path, opened: Open) -> None:
    path = write_numbered(tmp_path / "gone.mp4", frames=30)
    watched = opened(path)
    watched.wait(lambda: watched.decoder.facts)
    path.unlink()
    watched.decoder.want(Wish(frame=29, output=SMALL))
    watched.wait(lambda: watched.decoder.ready(29))
    assert number_in(watched.decoder.ready(29)) == 29


def test_a_closed_decoder_lets_go_and_wakes_nobody(video: Path, opened: Open) -> None:
    watched = opened(video)
    watched.wait(lambda: watched.decoder.facts)
    watched.close()
    calls: list[int] = []
    watched.decoder._wake = lambda: calls.append(1)
    watched.decoder.want(Wish(frame=20, output=SMALL))
    assert not watched.decoder._thread.is_alive()
    assert calls == []
