"""Calibrating a classifier or an encoder in a folder on examples of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.atomic import replacing
from engine.errors import InvalidInput
from engine.trust.calibrating import Example, calibrate
from engine.trust.checkpoints import (
    CALIBRATION,
    SHIELDGEMMA,
    Described,
    TextCheckpoint,
    kind_and_labels,
)
from engine.trust.classifiers import Calibration
from engine.trust.vision.aggregation import over_time
from engine.trust.vision.checkpoints import VIDEO_KINDS, VisualClassifier, visual_classifier
from engine.trust.vision.made.encoder import encoder_in
from engine.trust.vision.made.statistics import REFERENCE, STALL, learnt, statistics
from engine.trust.vision.made.watch import long_enough, windows
from engine.trust.vision.sampling import Sample, Sampler
from engine.trust.vision.watch import sampler_of
from engine.values import Clip, Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Subject = Clip | Image | str


@dataclass(frozen=True)
class Truth:
    """A text, picture or video, and whether it is harmful (or made by a machine)."""

    subject: Subject
    harmful: bool


@dataclass(frozen=True)
class Wanted:
    """What a calibration shall be: about what, from which labels, with how many false alarms."""

    about: str
    unsafe: tuple[str, ...]
    false_rate: float
    measured_on: str


def calibrated_classifier(folder: Path, truths: Iterable[Truth], wanted: Wanted) -> Calibration:
    """The calibration of a classifier in a folder.

    Raises InvalidInput for labels that it does not have, and for examples it cannot judge or too
    few of them.
    """
    kind, labels = kind_and_labels(folder)
    unknown = [label for label in wanted.unsafe if label not in labels]
    if unknown or not wanted.unsafe:
        what = f"has no label '{unknown[0]}'" if unknown else "needs to know which labels mean harm"
        raise InvalidInput(
            f"The classifier in '{folder}' {what}.",
            remedy=f"Give '--unsafe'; it has: {', '.join(sorted(labels))}.",
        )
    bare = Calibration(unsafe=wanted.unsafe, threshold=0.5, measured_on=wanted.measured_on)
    described = Described(bare, folder, kind, labels, folder.name, "")
    judge = _judge_of(described)
    examples = [Example(tuple(judge(truth.subject)), truth.harmful) for truth in truths]
    return _fitted(examples, wanted, several=kind == SHIELDGEMMA)


def calibrated_encoder(
    folder: Path, truths: Iterable[Truth], wanted: Wanted, method: str
) -> Calibration:
    """The calibration of D3 or STALL with the encoder in a folder.

    For STALL, every second recording says what recordings look like, and the rest calibrate.
    """
    encoder = encoder_in(folder)
    videos: list[tuple[list[NDArray[np.float32]], bool]] = []
    for truth in truths:
        if not isinstance(truth.subject, Clip):
            raise InvalidInput(f"{method} needs videos.", remedy="Leave other files out.")
        clip = truth.subject
        samples = long_enough(_sampled(windows(clip.frames, clip.fps), clip))
        if samples:
            videos.append(([encoder.embeddings(each.frames) for each in samples], truth.harmful))
    recordings = None
    if method == STALL:
        known = [each for each, made in videos if not made][::2]
        if len(known) < 2:
            raise InvalidInput("STALL needs four recordings at least.", remedy="Give more of them.")
        recordings = learnt([window for each in known for window in each])
        videos = [each for each in videos if not any(each[0] is one for one in known)]
    examples = [
        Example(tuple(statistics(window, recordings) for window in each), made)
        for each, made in videos
    ]
    found = _fitted(examples, wanted, several=True)
    if recordings is not None:
        recordings.write(folder / REFERENCE)
    return found


def write_calibration(calibration: Calibration, folder: Path, name: str = CALIBRATION) -> Path:
    """Put a calibration beside what it calibrates."""
    path = folder / name
    with replacing(path) as partial:
        partial.write_text(calibration.model_dump_json(indent=1) + "\n", "utf-8")
    return path


def _fitted(examples: Sequence[Example], wanted: Wanted, *, several: bool) -> Calibration:
    try:
        return calibrate(
            examples,
            unsafe=wanted.unsafe,
            false_rate=wanted.false_rate,
            measured_on=wanted.measured_on,
            about=wanted.about,
            several=several,
            overall=over_time,
        )
    except ValueError as error:
        raise InvalidInput(
            f"Nothing can be calibrated: {error}.",
            remedy="Give a folder with 'harmful' and 'harmless' in it, both with files.",
        ) from error


def _judge_of(described: Described) -> Callable[[Subject], Iterator[Mapping[str, float]]]:
    """What a classifier says of each sample of a subject."""
    if _reads_text(described):
        text = TextCheckpoint(described)
        return lambda subject: iter([text.logits(_text(subject))])
    visual = visual_classifier(described)
    return lambda subject: _seen(visual, subject)


def _reads_text(described: Described) -> bool:
    return (
        described.kind not in (*VIDEO_KINDS, SHIELDGEMMA)
        and not (described.folder / "preprocessor_config.json").exists()
    )


def _text(subject: Subject) -> str:
    if not isinstance(subject, str):
        raise InvalidInput("This classifier reads texts.", remedy="Give .txt files.")
    return subject


def _seen(visual: VisualClassifier, subject: Subject) -> Iterator[Mapping[str, float]]:
    if isinstance(subject, str):
        raise InvalidInput("This classifier sees pictures.", remedy="Give pictures or videos.")
    if isinstance(subject, Image):
        yield visual.logits_of((subject.pixels_HWC,))
        return
    sampler = sampler_of(visual.length, subject.frames, subject.fps)
    for sample in _sampled(sampler, subject):
        yield visual.logits_of(sample.frames)


def _sampled(sampler: Sampler, clip: Clip) -> list[Sample]:
    for chunk_THWC in clip:
        sampler.see(chunk_THWC)
    return sampler.samples()
