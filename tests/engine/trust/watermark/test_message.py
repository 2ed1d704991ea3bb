"""The number that a watermark carries, through noise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.watermark.message import CODED_BITS, ID_BITS, decode, encode, new_id

NUMBERS = (0, 1, 2**ID_BITS - 1, 0x123456789ABC)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_comes_back(number: int) -> None:
    assert decode(encode(number).astype(np.float32)) == number


def test_the_code_is_the_published_one() -> None:
    """Free distance 24: no two messages are nearer, and some neighbours are that near."""
    coded = np.stack([encode(number) for number in range(64)])
    distance = (coded[:, None] != coded[None]).sum(axis=2)
    assert distance[~np.eye(64, dtype=bool)].min() >= 24


def test_a_number_comes_back_through_noise_stronger_than_the_signal() -> None:
    rng = np.random.default_rng(1)
    read = 0
    for _ in range(100):
        number = int(rng.integers(2**ID_BITS))
        read += decode(encode(number) + rng.normal(0, 1.1, CODED_BITS)) == number
    assert read >= 97


def test_a_number_comes_back_with_a_fifth_of_its_bits_erased_and_some_wrong() -> None:
    soft = encode(77).astype(np.float32)
    soft[::5] = 0
    soft[1::23] *= -0.5
    assert decode(soft) == 77


def test_noise_alone_seldom_passes_the_check() -> None:
    rng = np.random.default_rng(2)
    assert sum(decode(rng.normal(size=CODED_BITS)) is not None for _ in range(300)) <= 1


@pytest.mark.parametrize("number", [-1, 2**ID_BITS])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match="does not fit into 48 bits"):
        encode(number)


def test_new_numbers_differ() -> None:
    assert len({new_id() for _ in range(100)}) == 100
