"""A stamped time counts if its authority is known, and its absence is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import InvalidInput, ReelwrightError
from engine.trust.identity import Identity, from_callback
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State
from engine.trust.verify import verify
from tests.engine.trust.test_sign import _signing_with
from tests.engine.trust.time_authority import Authority, time_authority

Maker = Callable[..., Path]

LONG_AGO = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


def stamped(path: Path, identity: Identity, authority: Authority) -> Path:
    sign(path, replace(identity, time_authority=authority.address), Statement("T"))
    return path


def test_a_stamp_of_a_known_authority_is_believed(sample: Maker, identity: Identity) -> None:
    with time_authority() as authority:
        path = stamped(sample(".mp4"), identity, authority)
    answer = verify(path, own_roots=identity.root, stamp_list=authority.roots)
    assert (answer.state, answer.trusted, answer.reasons) == (State.INTACT, True, ())
    assert answer.claims.time_trusted
    assert answer.claims.time.startswith(f"{datetime.now(UTC):%Y-}")


def test_a_stamp_of_an_unknown_authority_does_not_count(sample: Maker, identity: Identity) -> None:
    with time_authority(LONG_AGO) as authority:
        path = stamped(sample(".mp4"), identity, authority)
    answer = verify(path, own_roots=identity.root, stamp_list="")
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert not answer.claims.time_trusted
    assert any("does not count" in reason for reason in answer.reasons)


def test_a_certificate_that_was_not_valid_at_the_stamped_time_is_not_trusted(
    sample: Maker, identity: Identity
) -> None:
    with time_authority(LONG_AGO) as authority:
        path = stamped(sample(".jpg"), identity, authority)
    answer = verify(path, own_roots=identity.root, stamp_list=authority.roots)
    assert answer.claims.time == "2020-01-02T03:04:05+00:00"
    assert not answer.trusted
    (reason,) = answer.reasons
    assert "lies outside the time" in reason


def test_a_time_that_has_not_come_yet_is_told(sample: Maker, identity: Identity) -> None:
    for ahead, told in ((timedelta(days=1), 1), (timedelta(minutes=1), 0)):
        with time_authority(datetime.now(UTC) + ahead) as authority:
            path = stamped(sample(".jpg"), identity, authority)
        answer = verify(path, own_roots=identity.root, stamp_list=authority.roots)
        assert answer.trusted
        assert sum("ahead of this computer's clock" in each for each in answer.reasons) == told


def test_a_certificate_that_ended_meanwhile_is_told_by_its_name(
    sample: Maker, tmp_path: Path
) -> None:
    long_gone = self_issued(tmp_path, LONG_AGO - timedelta(days=9999))
    path = sample(".jpg")
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="is not valid now") as caught:
        sign(path, long_gone, Statement("T"))
    assert long_gone.name in str(caught.value)
    assert "clock" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_key_kept_elsewhere_is_stamped_too(sample: Maker, identity: Identity) -> None:
    elsewhere = from_callback(identity.chain, _signing_with(identity))
    with time_authority() as authority:
        path = stamped(sample(".jpg"), elsewhere, authority)
    answer = verify(path, own_roots=identity.root, stamp_list=authority.roots)
    assert (answer.trusted, answer.claims.time_trusted) == (True, True)


def test_an_authority_that_fails_is_named_and_the_file_left_alone(
    sample: Maker, identity: Identity
) -> None:
    path = sample(".mp4")
    before = path.read_bytes()
    with time_authority(status=500) as authority:
        with pytest.raises(ReelwrightError, match="gave no time") as caught:
            stamped(path, identity, authority)
        assert authority.address in str(caught.value)
    with pytest.raises(ReelwrightError, match="gave no time"):
        stamped(path, identity, authority)  # nobody answers any more
    assert path.read_bytes() == before
