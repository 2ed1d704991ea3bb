"""What a request asks of a model beyond words, and a sentence where that cannot be done."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.models.family import Capabilities, SampleRequest
from engine.values import Clip, FrameCondition


def refuse_the_impossible(title: str, likes: Capabilities, request: SampleRequest) -> None:
    """Raises InvalidInput that names the input which a model called `title` has no use for."""
    asked = (
        ("pictures", request.keyframes, likes.image, "keyframes"),
        ("a clip to go on from", request.beginning, likes.extension, "beginning"),
        ("a video to change", request.source, likes.video, "source"),
        ("a guiding video", request.control, likes.control, "control"),
        ("a mask", request.mask, likes.control, "mask"),
        ("a finished video to add sound to", request.watched, likes.audio, "video"),
    )
    for what, given, able, port in asked:
        if given and not able:
            raise InvalidInput(
                f"{title} cannot be given {what}.",
                remedy=f"Disconnect '{port}', or choose a model that can "
                "('reelwright models list' tells what each can do).",
            )


def place_of(keyframe: FrameCondition, frames: int) -> int:
    """The frame where a picture stands, from the beginning of a clip.

    Raises InvalidInput for one that is a reference, and for a frame that is not there.
    """
    if keyframe.index is None:
        raise InvalidInput(
            "This model takes pictures at frames of the video, and no reference.",
            remedy="Place the picture at 'first', or choose a model of the kind Wan VACE.",
        )
    if not -frames <= keyframe.index < frames:
        raise InvalidInput(
            f"There is no frame {keyframe.index} in a clip of {frames} frames.",
            remedy=f"Use {-frames} to {frames - 1}.",
        )
    return keyframe.index % frames


def first_step(request: SampleRequest) -> int:
    """Which step sampling begins with: a video that is changed keeps what the steps left out would
    have decided (SDEdit, arXiv:2108.01073).
    """
    if request.source is None:
        return 0
    return request.steps - min(int(request.steps * request.strength), request.steps)


def checked_source(request: SampleRequest) -> Clip:
    """The video that is changed.

    Raises InvalidInput for one that is too short, and a strength that leaves no step.
    """
    source = request.source
    assert source is not None
    if source.frames < request.frames:
        raise InvalidInput(
            f"A video of {source.frames} frames cannot become one of {request.frames}.",
            remedy="Ask for fewer frames.",
        )
    if first_step(request) == request.steps:
        raise InvalidInput(
            f"A strength of {request.strength} leaves none of {request.steps} steps.",
            remedy=f"Use {1 / request.steps:.2g} or more, or more steps.",
        )
    return source
