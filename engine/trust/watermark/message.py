"""What a watermark says: a number of 48 bits, coded so that soft, faint readings still give it.

The number is followed by 16 check bits (CRC-16/IBM-3740) and coded by the tail-biting
convolutional code of rate 1/4 and constraint length 9 with the generators 765, 671, 513 and 473
(octal, 3GPP2 C.S0002).  Decoding is Viterbi's over the reliabilities themselves, round the circle
twice; the check bits choose among its few best paths, so that noise passes for a message with a
probability of about 2^-14.  Who reads must therefore see the pilot first.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidInput

ID_BITS: Final = 48
CHECK_BITS: Final = 16
MESSAGE_BITS: Final = ID_BITS + CHECK_BITS
CODED_BITS: Final = 4 * MESSAGE_BITS

RECOGNISED: Final = 7.5
"""Deviations from which a known id is there: chance reaches them once in 10^12 (Hoeffding 1963)."""

_MEMORY: Final = 8
_STATES: Final = 1 << _MEMORY
_GENERATORS: Final = (0o765, 0o671, 0o513, 0o473)
_PATHS: Final = 4
"""How many of the best paths may try their check bits."""

Bits = NDArray[np.int8]
Soft = NDArray[np.float32]


class Trellis(NamedTuple):
    """The code as a table: from `before` (two states) to each state, with the signs it sends."""

    before: NDArray[np.int64]  # (states, 2)
    signs: NDArray[np.float32]  # (states, 2, 4)


def new_id() -> int:
    """A number that nobody else has: 48 random bits."""
    return secrets.randbits(ID_BITS)


def encode(number: int) -> Bits:
    """The coded bits of an id as signs, +1 for 0 and -1 for 1, of shape (CODED_BITS,).

    Raises InvalidInput for a number that does not fit.
    """
    return np.asarray(encode_all([number])[0], np.int8)


def encode_all(numbers: Sequence[int]) -> Bits:
    """The same of several ids, of shape (ids, CODED_BITS).  Raises InvalidInput."""
    for number in numbers:
        if not 0 <= number < 1 << ID_BITS:
            raise InvalidInput(
                f"The watermark's number {number} does not fit into {ID_BITS} bits.",
                remedy="Let one be drawn, or give one from 0 to 2^48 - 1.",
            )
    words = np.array([number << CHECK_BITS | _check(number) for number in numbers], np.uint64)
    places = np.arange(MESSAGE_BITS - 1, -1, -1, dtype=np.uint64)
    bits_NM = (words[:, None] >> places & np.uint64(1)).astype(np.int8)
    # Tail-biting: the register begins with what it holds at the end, so it is a ring.
    delayed = [np.roll(bits_NM, delay, axis=1) for delay in range(_MEMORY + 1)]
    parity_NMG = np.stack(
        [
            np.bitwise_xor.reduce([bits for d, bits in enumerate(delayed) if taps >> d & 1])
            for taps in _GENERATORS
        ],
        axis=-1,
    )
    return np.asarray(1 - 2 * parity_NMG.reshape(len(words), CODED_BITS), np.int8)


class Known:
    """Ids that are looked for, so that they are recognised where too little is left to decode."""

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = list(numbers)
        self._codes = encode_all(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def recognised(self, soft: Soft, deviation: float) -> tuple[int, float] | None:
        """The id that reliabilities of shape (CODED_BITS,) speak for, and by how many deviations.

        `deviation` is that of their sum if their signs were chance.
        """
        if not self._numbers:
            return None
        deviations = self._codes @ soft / max(deviation, 1e-12)
        best = int(deviations.argmax())
        clear = float(deviations[best])
        return (self._numbers[best], clear) if clear > RECOGNISED else None


NOBODY: Final = Known(())
"""No id in particular."""


def decode(soft: Soft) -> int | None:
    """The id in reliabilities of shape (CODED_BITS,), or None where the check bits speak against.

    Positive speaks for +1; only the ratios of the magnitudes matter (log-likelihoods are best).
    """
    metrics, chosen = _forward(np.asarray(soft, np.float32).reshape(MESSAGE_BITS, 4))
    for state in np.argsort(metrics)[::-1][:_PATHS]:
        word = _trace(chosen, int(state))
        number = word >> CHECK_BITS
        if _check(number) == word & ((1 << CHECK_BITS) - 1):
            return number
    return None


def _forward(soft: Soft) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The metric of every last state after two rounds, and which way came into each state."""
    trellis = _trellis()
    metrics = np.zeros(_STATES, np.float32)
    chosen = np.empty((2 * MESSAGE_BITS, _STATES), np.uint8)
    for step in range(2 * MESSAGE_BITS):
        ways = metrics[trellis.before] + trellis.signs @ soft[step % MESSAGE_BITS]
        chosen[step] = ways[:, 1] > ways[:, 0]
        metrics = ways.max(axis=1)
    return metrics, chosen


def _trace(chosen: NDArray[np.uint8], state: int) -> int:
    """The word of the second round's path that ends in `state`."""
    before, word = _trellis().before, 0
    for place in range(MESSAGE_BITS):
        word |= (state & 1) << place
        state = int(before[state, chosen[-1 - place, state]])
    return word


@cache
def _trellis() -> Trellis:
    states = np.arange(_STATES)
    before = np.stack([states >> 1, states >> 1 | _STATES >> 1], axis=1)
    registers = before << 1 | (states & 1)[:, None]
    parities = [np.bitwise_count(registers & taps) & 1 for taps in _GENERATORS]
    return Trellis(before, 1 - 2 * np.stack(parities, axis=-1).astype(np.float32))


def _check(number: int) -> int:
    crc = 0xFFFF
    for byte in number.to_bytes(ID_BITS // 8, "big"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc
