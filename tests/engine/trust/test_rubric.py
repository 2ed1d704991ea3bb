"""What we sign satisfies the conformance programme's rubric, whatever went in."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.trust.audit.entry import Assessment
from engine.trust.formats import media_type
from engine.trust.identity import Identity
from engine.trust.library import context
from engine.trust.release import (
    AUDIO_WATERMARK,
    NEURAL_WATERMARK,
    VIDEO_WATERMARK,
    Mark,
    MarkKind,
    Release,
)
from engine.trust.sign import sign
from engine.trust.statement import Statement, Training
from engine.values import Origin
from tests.engine.trust.rubric import RULES, Json, broken

Maker = Callable[..., Path]

RELEASE = Release(
    checks=(Assessment(what="takedown", by="perceptual hashes", version="1", outcome="passed"),),
    marks=(
        Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 77),
        Mark(MarkKind.NEURAL, f"{NEURAL_WATERMARK}.video_seal.0123abcd", 77),
        Mark(MarkKind.AUDIO, AUDIO_WATERMARK, 77),
        Mark(MarkKind.LABEL),
    ),
)
UNBOUND = Release(marks=(Mark(MarkKind.VIDEO), Mark(MarkKind.AUDIO, fault="too short")))


def generated(*inputs: str) -> Origin:
    return Origin(inputs, "starter", "ab" * 32, "a red ball", 5)


@pytest.fixture
def inputs(sample: Maker, identity: Identity) -> dict[str, str]:
    """Files to make something from: plain, signed, and altered after it was signed."""
    plain, signed, altered = (sample(".png", name) for name in ("plain", "signed", "altered"))
    for path in (signed, altered):
        sign(path, identity, Statement("I", generated(), "{}", "0.1"))
    data = bytearray(altered.read_bytes())
    data[-20] ^= 1
    altered.write_bytes(data)
    return {path.stem: str(path) for path in (plain, signed, altered)}


ORIGINS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "a plain file": ("plain",),
    "a signed file": ("signed",),
    "an altered file": ("altered",),
    "two files": ("plain", "signed"),
}


def crjson(path: Path, identity: Identity, manifest: bytes) -> Json:
    import c2pa

    with (
        path.open("rb") as file,
        c2pa.Reader(media_type(path), file, manifest, context=context(identity.root)) as reader,
    ):
        found: Json = json.loads(reader.crjson())
        return found


def signed(path: Path, identity: Identity, statement: Statement) -> Json:
    done = sign(path, identity, statement)
    return crjson(path, identity, done.manifest)


@pytest.mark.parametrize("suffix", [".mp4", ".png", ".webm"])
@pytest.mark.parametrize("made_from", ORIGINS)
@pytest.mark.parametrize("model", [True, False])
def test_whatever_was_made_satisfies_every_rule(
    sample: Maker,
    identity: Identity,
    inputs: dict[str, str],
    suffix: str,
    made_from: str,
    model: bool,
) -> None:
    files = tuple(inputs[name] for name in ORIGINS[made_from])
    origin = generated(*files) if model else Origin(files)
    statement = Statement("T", origin, '{"nodes": {}}', "0.1", RELEASE)
    assert broken(signed(sample(suffix), identity, statement)) == []


@pytest.mark.parametrize("release", [Release(), UNBOUND, RELEASE])
@pytest.mark.parametrize("training", Training)
def test_whatever_was_checked_and_marked_satisfies_every_rule(
    sample: Maker, identity: Identity, release: Release, training: Training
) -> None:
    statement = Statement("T", generated(), "{}", "0.1", release, training)
    assert broken(signed(sample(".mp4"), identity, statement)) == []


def test_signing_again_satisfies_every_rule(sample: Maker, identity: Identity) -> None:
    path = sample(".mp4")
    signed(path, identity, Statement("T", generated(), "{}", "0.1", RELEASE))
    assert broken(signed(path, identity, Statement("T", Origin(), "{}", "0.1"))) == []


def _without(path: str) -> Callable[[Json], None]:
    *outer, last = path.split("/")

    def cut(manifest: Json) -> None:
        place: Any = manifest
        for name in outer:
            place = place[int(name)] if isinstance(place, list) else place[name]
        del place[last]

    return cut


FAULTS: dict[str, str] = {
    "mandatory_all_actions_included": "assertions/c2pa.actions.v2/allActionsIncluded",
    "mandatory_spec_version": "claim.v2/claim_generator_info/specVersion",
    "mandatory_dst_for_created_action": "assertions/c2pa.actions.v2/actions/0/digitalSourceType",
    "mandatory_dst_for_perceptible_transformations": (
        "assertions/c2pa.actions.v2/actions/1/digitalSourceType"
    ),
    "watermark has a soft binding (specification, 18.15.5)": "assertions/c2pa.soft-binding",
}


@pytest.mark.parametrize("rule", FAULTS)
def test_the_rules_find_what_is_missing(sample: Maker, identity: Identity, rule: str) -> None:
    good = signed(sample(".jpg"), identity, Statement("T", generated(), "{}", "0.1", RELEASE))
    bad = copy.deepcopy(good)
    _without(FAULTS[rule])(bad["manifests"][0])
    assert rule in RULES
    assert broken(bad) == [rule]
