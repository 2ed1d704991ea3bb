"""What was checked and marked, said and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.trust.audit.entry import Assessment
from engine.trust.identity import Identity
from engine.trust.release import (
    VIDEO_WATERMARK,
    Mark,
    MarkKind,
    Release,
    read_release,
    release_data,
)
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verify import verify

Maker = Callable[..., Path]

RELEASE = Release(
    checks=(
        Assessment(what="takedown", by="perceptual hashes", version="1", outcome="passed"),
        Assessment(what="nudity", by="a classifier", outcome="not assessed"),
    ),
    marks=(
        Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 2**48 - 1),
        Mark(MarkKind.AUDIO, fault="too short"),
        Mark(MarkKind.LABEL),
    ),
)


def test_what_is_said_of_a_release_is_read_back() -> None:
    assert read_release(release_data(RELEASE)) == RELEASE
    assert read_release(release_data(Release())) == Release()


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".png"])
def test_a_signed_file_tells_its_checks_and_marks(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, Statement("T", release=RELEASE))
    assert verify(path, own_roots=identity.root).claims.release == RELEASE


def test_a_file_made_without_checks_says_so(sample: Maker, identity: Identity) -> None:
    path = sample(".jpg")
    sign(path, identity, Statement("T"))
    release = verify(path, own_roots=identity.root).claims.release
    assert release is not None
    assert (release.checked, release.marked) == ("made without checks", "not marked")


def test_it_is_told_in_words() -> None:
    assert RELEASE.checked == (
        "takedown: passed (perceptual hashes 1); nudity: not assessed (a classifier)"
    )
    assert RELEASE.marked == (
        "watermark in the picture ffffffffffff; no watermark in the sound: too short; visible label"
    )


@pytest.mark.parametrize("number", [-1, 2**48])
def test_a_number_that_no_watermark_carries_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match="48 bits"):
        Mark(MarkKind.VIDEO, VIDEO_WATERMARK, number)


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        [],
        "text",
        {"checks": 5},
        {"marks": [{"kind": "nothing"}]},
        {"marks": [{"kind": "video", "id": "not a number"}]},
        {"marks": [{"kind": "video", "id": "f" * 13}]},
        {"checks": [{"what": ["a"]}]},
    ],
)
def test_data_of_another_form_are_not_believed(hostile: object) -> None:
    assert read_release(hostile) is None


def test_what_a_stranger_wrote_is_bounded_and_printable() -> None:
    read = read_release({"checks": [{"what": "\x1b[2J" + "a" * 999}] * 999})
    assert read is not None
    assert len(read.checks) == 50
    assert read.checks[0].what.startswith("\ufffd[2J")
    assert len(read.checks[0].what) == 200
