"""Playing sound: the device, found late and missed quietly, and what it is told to play."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from engine.errors import ReelwrightError
from studio.viewer.sound_feed import Sound, SoundFeed, Stretch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Fill = Callable[["NDArray[np.float32]", float], None]


class NoSound(ReelwrightError):
    """Sound cannot be played here."""


class SoundDevice(Protocol):
    """A running device that calls a `Fill` for each block."""

    @property
    def latency(self) -> float:
        """Seconds from filling a block until it is heard."""
        ...

    def time(self) -> float:
        """The device's clock, in seconds."""
        ...

    def close(self) -> None:
        """Stop and let go of the device."""
        ...


Open = Callable[[int, int, Fill], SoundDevice]
"""Opens a device and starts it: rate, channels, what fills its blocks.  Raises NoSound."""


def open_port_audio(rate: int, channels: int, fill: Fill) -> SoundDevice:
    """The computer's usual output through PortAudio."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise NoSound(
            "Sound is off: PortAudio is not installed.",
            remedy="Install it (Debian: libportaudio2; Fedora: portaudio) and restart.",
        ) from error
    try:
        return _PortAudio(rate, channels, fill)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise NoSound(
            "Sound is off: this computer has no sound output that can be used.",
            remedy="Connect one, then press the speaker.",
        ) from error


class _Times(Protocol):
    outputBufferDacTime: float


class _PortAudio:
    def __init__(self, rate: int, channels: int, fill: Fill) -> None:
        import sounddevice

        def called(block: NDArray[np.float32], frames: int, time: _Times, status: object) -> None:
            fill(block, time.outputBufferDacTime)

        self._stream = sounddevice.OutputStream(
            samplerate=rate, channels=channels, dtype="float32", callback=called
        )
        self._stream.start()

    @property
    def latency(self) -> float:
        """What PortAudio says."""
        return float(self._stream.latency)

    def time(self) -> float:
        """The stream's clock."""
        return float(self._stream.time)

    def close(self) -> None:
        """Drop what is still waiting."""
        self._stream.abort()
        self._stream.close()


class Run(Protocol):
    """studio.background.Background.run, as far as it is needed here."""

    def __call__(
        self,
        work: Callable[[], SoundDevice],
        done: Callable[[SoundDevice], None],
        failed: Callable[[ReelwrightError], None],
    ) -> object: ...


class SoundPlayer:
    """Plays the sound that is loaded.  Of the window's thread; devices open in the background.

    `reason` says in a sentence why nothing is heard, empty where all is well.  `changed` is
    called when that, or the device, changes.
    """

    def __init__(
        self, run: Run, changed: Callable[[], None] = lambda: None, open_: Open = open_port_audio
    ) -> None:
        self.reason = ""
        self.muted = False
        self.volume = 1.0
        self._run = run
        self._changed = changed
        self._open = open_
        self._feed: SoundFeed | None = None
        self._device: SoundDevice | None = None
        self._opening = False
        self._playing = False

    @property
    def sound(self) -> Sound | None:
        """What is loaded."""
        return None if self._feed is None else self._feed.sound

    @property
    def latency(self) -> float:
        """How long after a start something is heard; 0 while no device is open."""
        return 0.0 if self._device is None else self._device.latency

    @property
    def playing(self) -> bool:
        """Whether it was told to play."""
        return self._playing

    def load(self, sound: Sound | None) -> None:
        """Take another sound, or none; silent at first."""
        self.close()
        self._feed = None if sound is None else SoundFeed(sound)
        self.set_volume(self.volume, self.muted)
        self._changed()

    def play(self, seconds: float, stretch: Stretch) -> None:
        """Play from a moment on; call again to jump."""
        if self._feed is None:
            return
        self._playing = True
        if self._device is None:
            self._prepare()
        else:
            self._feed.cue(seconds, stretch)

    def pause(self) -> None:
        """Be silent.  The device stays open, so that going on takes no time."""
        self._playing = False
        if self._feed is not None:
            self._feed.hush()

    def heard(self) -> float | None:
        """Which moment of the sound is heard now, in seconds; None if nothing is."""
        if self._feed is None or self._device is None or not self._playing:
            return None
        return self._feed.heard(self._device.time())

    def set_volume(self, volume: float, muted: bool) -> None:
        """How loud, 0 to 1.  The ear counts in powers: half way is much less than half the gain."""
        self.volume, self.muted = min(max(volume, 0.0), 1.0), muted
        if self._feed is not None:
            self._feed.gain = 0.0 if muted else self.volume**_LOUDNESS

    def retry(self) -> None:
        """Look for a device again."""
        self.reason = ""
        self._prepare()
        self._changed()

    def close(self) -> None:
        """Let go of the device and the sound."""
        self._playing = False
        device, self._device = self._device, None
        self._feed = None
        if device is not None:
            closing = device
            self._run(lambda: _closed(closing), lambda device: None, lambda error: None)

    def _prepare(self) -> None:
        feed = self._feed
        if feed is None or self._opening or self._device is not None or self.reason:
            return
        self._opening = True
        rate, channels = feed.sound.rate, int(feed.sound.samples_NC.shape[1])

        def opened(device: SoundDevice) -> None:
            self._opening = False
            if self._feed is not feed:
                self._run(lambda: _closed(device), lambda device: None, lambda error: None)
                return
            self._device = device
            self._playing = False  # whoever asked tells again from where
            self._changed()

        self._run(lambda: self._open(rate, channels, feed.fill), opened, self._failed)

    def _failed(self, error: ReelwrightError) -> None:
        self._opening = False
        self.reason = str(error)
        self._changed()


_LOUDNESS: Final = 2.0


def _closed(device: SoundDevice) -> SoundDevice:
    device.close()
    return device
