"""How a picture's values are shown: exposure, gamma and single channels, without changing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Channel = Literal["rgb", "r", "g", "b", "luma"]
CHANNELS: Final[tuple[Channel, ...]] = ("rgb", "r", "g", "b", "luma")
MAX_STOPS: Final = 6.0
MIN_GAMMA: Final = 0.2
MAX_GAMMA: Final = 4.0

_NAMES: Final[dict[Channel, str]] = {"r": "red", "g": "green", "b": "blue", "luma": "brightness"}
# Where each channel lies in a BGRA pixel.
_PLACE: Final[dict[Channel, int]] = {"b": 0, "g": 1, "r": 2}
# ITU-R BT.709, in the order B, G, R, A.
_LUMA: Final = ((0.0722, 0.7152, 0.2126, 0.0),)


@dataclass(frozen=True, slots=True)
class Look:
    """`exposure` in stops on linear light, `gamma` on what is shown, and the channel seen."""

    exposure: float = 0.0
    gamma: float = 1.0
    channel: Channel = "rgb"

    @property
    def neutral(self) -> bool:
        """Whether pictures are shown as they are."""
        return self == NEUTRAL

    @property
    def words(self) -> str:
        """What is not as it is: '+1.5 stops  ·  red'; '' where nothing is."""
        parts = (
            f"{self.exposure:+g} stops" if self.exposure else "",
            f"gamma {self.gamma:g}" if self.gamma != 1.0 else "",
            _NAMES.get(self.channel, ""),
        )
        return "  ·  ".join(part for part in parts if part)


NEUTRAL: Final = Look()


def looked_at(pixels_HWA: NDArray[np.uint8], look: Look) -> NDArray[np.uint8]:
    """BGRA pixels with a look applied; a new array unless the look is neutral."""
    import cv2
    import numpy as np

    if look.channel != "rgb":
        pixels_HWA = _as_gray(pixels_HWA, look.channel)
    if look.exposure or look.gamma != 1.0:
        pixels_HWA = np.asarray(cv2.LUT(pixels_HWA, _table(look)), np.uint8)
    return pixels_HWA


def _as_gray(pixels_HWA: NDArray[np.uint8], channel: Channel) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    if channel == "luma":
        gray = cv2.transform(pixels_HWA, np.array(_LUMA, np.float32))
    else:
        gray = cv2.extractChannel(pixels_HWA, _PLACE[channel])
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGRA), np.uint8)


def _table(look: Look) -> NDArray[np.uint8]:
    """For each 8-bit value what is shown instead; transparency stays."""
    import numpy as np

    # The display's own curve is near a power of 2.2: exposure multiplies light, not codes.
    gain = 2.0 ** (look.exposure / 2.2)
    values = np.clip(np.arange(256) / 255 * gain, 0, 1) ** (1 / look.gamma)
    shown = np.round(values * 255).astype(np.uint8)
    opaque = np.arange(256, dtype=np.uint8)
    return np.ascontiguousarray(np.stack([shown, shown, shown, opaque], axis=-1)[None])
