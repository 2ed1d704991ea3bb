"""A number goes through the bits of a network that errs, and chance never passes for one."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import ID_BITS, Known
from engine.trust.watermark.neural import bits as neural_bits
from engine.trust.watermark.neural.bits import GATE, Floats, keyed_bits, said

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(range(1, 33)))
NUMBER = 0x123456789ABC


def heard(bits: int, wrong: float, seed: int = 0) -> Floats:
    """What an extractor says of the number with a share of wrong bits, of all sizes."""
    rng = np.random.default_rng(seed)
    clear = 2 * keyed_bits(NUMBER, KEY, bits) - 1
    turned = np.where(rng.permutation(bits) < wrong * bits, -1, 1)
    return np.asarray(clear * turned * rng.uniform(0.5, 1.5, bits), np.float32)


@pytest.mark.parametrize("bits", [256, 300, 1024])
def test_the_number_is_read_though_a_tenth_of_the_bits_is_wrong(bits: int) -> None:
    found = said(heard(bits, 0.1), KEY)
    assert found is not None
    assert found.number == NUMBER
    assert found.deviations > 12


def test_the_more_bits_are_wrong_the_less_they_speak_and_half_say_nothing() -> None:
    told = [found.deviations for wrong in (0, 0.05, 0.1) if (found := said(heard(256, wrong), KEY))]
    assert told == sorted(told, reverse=True)
    assert told[0] == pytest.approx(16, abs=0.5)
    assert said(heard(256, 0.5), KEY) is None


def test_what_chance_could_say_is_not_read_though_its_check_bits_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faint = heard(256, 0.18)
    assert said(faint, KEY) is None
    monkeypatch.setattr(neural_bits, "GATE", 8.0)
    found = said(faint, KEY)
    assert found is not None
    assert found.number == NUMBER


def test_a_known_number_is_recognised_in_what_is_too_faint_to_read() -> None:
    faint = heard(256, 0.2)
    assert said(faint, KEY) is None
    found = said(faint, KEY, Known([*range(1000), NUMBER]))
    assert found is not None
    assert found.number == NUMBER
    assert said(faint, KEY, Known(range(1000))) is None
    assert said(faint, OTHER, Known([NUMBER])) is None


def test_a_few_loud_bits_do_not_outvote_the_others() -> None:
    loud = heard(256, 0)
    loud[:8] *= -1000
    found = said(loud, KEY)
    assert found is not None
    assert found.number == NUMBER


def test_another_key_reads_nothing_of_the_clearest_bits() -> None:
    assert said(heard(256, 0), OTHER) is None
    assert (keyed_bits(NUMBER, KEY, 256) == keyed_bits(NUMBER, OTHER, 256)).mean() < 0.7


@pytest.mark.parametrize("bias", [0, 1, 30])
def test_chance_says_no_number_however_the_network_leans(bias: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        assert said(rng.normal(bias, 1, 256).astype(np.float32), KEY) is None
    assert said(np.zeros(256, np.float32), KEY) is None


def test_the_gate_keeps_what_is_promised() -> None:
    assert 2**ID_BITS * exp(-(GATE**2) / 2) < 1e-9
