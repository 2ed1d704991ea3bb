"""Verifying a stream: does each segment belong where it stands, and is none missing.

The library looks at one segment at a time, and its answer is that of the last one it was given.
That a stream is whole, that its segments are in order and its tracks belong together is not among
its questions: that is looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field, ValidationError

from engine.errors import InvalidMedia
from engine.trust.formats import Track, media_type
from engine.trust.fragments import BINDING, Place, binding_digest, digests_in, manifest_in, place_of
from engine.trust.library import plain
from engine.trust.manifest_reading import read_manifest
from engine.trust.manifest_report import ManifestReport, judge
from engine.trust.playlists import faults_of_playlists
from engine.trust.verification import State, Verification

if TYPE_CHECKING:
    import c2pa

_FORM: Final = "video/mp4"
_MOST_NAMED: Final = 3


def verify_track(track: Track, settings: c2pa.Context) -> Verification:
    """What the manifest of a beginning proves of it and of these segments.

    `path` is the beginning's, claims and signer are those of its manifest.  Raises C2paError where
    the beginning cannot be read, OSError where a segment cannot.
    """
    belonging = next((each for each in track.segments if _belongs(track, each, settings)), None)
    answer = _asked(track, belonging or track.segments[0], settings)
    strangers = _strangers(track, belonging, settings)
    if not strangers:
        return answer
    more = "" if len(strangers) <= _MOST_NAMED else ", ..."
    names = ", ".join(each.name for each in strangers[:_MOST_NAMED]) + more
    count = f"{len(strangers)} of {len(track.segments)} segments"
    reason = f"{count} were altered, or belong to another stream: {names}"
    return replace(answer, state=State.ALTERED, reasons=(reason, *answer.reasons))


def faults_of_stream(tracks: Sequence[Track], settings: c2pa.Context) -> list[str]:
    """What is wrong with tracks that are each intact: parts that are missing, moved or mixed, and
    playlists that are not as they were.
    """
    if not all(track.segments for track in tracks):
        return ["One of its tracks has no segments."]
    if len({manifest_in(track.beginning) for track in tracks}) != 1:
        return ["Its tracks were signed in different streams."]
    assertions = _assertions(tracks[0], tracks[0].segments[0], settings)
    counts = _counts(assertions)
    there = sum(len(track.segments) for track in tracks)
    if there < sum(counts.values()):
        return [f"{sum(counts.values()) - there} of {sum(counts.values())} segments are missing."]
    seen = dict[int, int]()
    for track in tracks:
        places = [place_of(each) for each in track.segments]
        first = places[0]
        number = 0 if first is None else first.track
        if places != [Place(number, count) for count in range(len(places))]:
            return ["Its segments are not in the order in which they were signed."]
        seen[number] = len(places)
    if seen != counts:
        return ["Its tracks are not those that were signed."]
    return faults_of_playlists(tracks[0].beginning.parent, assertions)


def _strangers(track: Track, belonging: Path | None, settings: c2pa.Context) -> list[Path]:
    """The segments that are not of this track as it was signed; `belonging` is one that is.

    Where the manifest holds all digests, as ours do, the rest is compared with them: the library
    reads the whole manifest again for each segment, and so takes a minute for half an hour.
    """
    if belonging is None:
        return list(track.segments)
    place = place_of(belonging)
    digests = digests_in(_assertions(track, belonging, settings).get(BINDING))
    if place is None or place.track not in digests:
        return [each for each in track.segments if not _belongs(track, each, settings)]
    return [each for each in track.segments if not _is_there(each, place.track, digests)]


def _is_there(segment: Path, track: int, digests: Mapping[int, Sequence[bytes]]) -> bool:
    """Whether it is of a track, and its digest stands in its place."""
    place = place_of(segment)
    if place is None or place.track != track or place.number >= len(digests[track]):
        return False
    try:
        found = binding_digest(segment.read_bytes(), segment.name)
    except InvalidMedia:
        return False
    return found == digests[track][place.number]


def _belongs(track: Track, segment: Path, settings: c2pa.Context) -> bool:
    import c2pa

    try:
        with _opened(track.beginning, segment, settings) as reader:
            report = ManifestReport.model_validate_json(reader.json())
            return judge(report.results.active)[0] is State.INTACT
    except (c2pa.C2paError, ValueError):
        return False


def _asked(track: Track, segment: Path, settings: c2pa.Context) -> Verification:
    import c2pa

    try:
        with _opened(track.beginning, segment, settings) as reader:
            return read_manifest(track.beginning, reader, None)
    except c2pa.C2paError as error:
        reason = f"Its segment '{segment.name}' cannot be read ({plain(error)})."
        return Verification(track.beginning, State.ALTERED, (reason,))


@contextmanager
def _opened(beginning: Path, segment: Path, settings: c2pa.Context) -> Iterator[c2pa.Reader]:
    import c2pa

    form = media_type(beginning) or _FORM
    with (
        beginning.open("rb") as start,
        segment.open("rb") as part,
        c2pa.Reader(form, start, context=settings) as reader,
    ):
        start.seek(0)
        reader.with_fragment(form, start, part)
        yield reader


class _Tree(BaseModel):
    track: int = Field(0, alias="uniqueId")
    count: int = 0


class _Trees(BaseModel):
    merkle: list[_Tree] = []


def _counts(assertions: Mapping[str, object]) -> dict[int, int]:
    """How many segments the manifest names, by track; none where its form is not understood."""
    try:
        found = _Trees.model_validate(assertions.get(BINDING))
    except ValidationError:
        return {}
    return {tree.track: tree.count for tree in found.merkle}


def _assertions(track: Track, segment: Path, settings: c2pa.Context) -> Mapping[str, object]:
    """The assertions of the manifest by their labels, unchecked; none where there are none."""
    with _opened(track.beginning, segment, settings) as reader:
        whole = json.loads(reader.detailed_json())
    try:
        return dict(whole["manifests"][whole["active_manifest"]]["assertion_store"])
    except (KeyError, TypeError, ValueError):
        return {}
