"""Results as a JSON text and arrays, so that they can rest on disk without being pickled.

Each kind of value has a spec: a pydantic model that says what the value is and names the arrays
it needs.  A value without a spec cannot be stored; it lives in memory only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from engine.run.tensor_file import (
    Blob,
    DamagedFile,
    TensorFile,
    TensorLayout,
    array_blob,
    tensor_blob,
)
from engine.values import (
    Artifact,
    Audio,
    Clip,
    Conditioning,
    FrameCondition,
    Image,
    Latent,
    Origin,
    Report,
    VideoModel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import torch
    from numpy.typing import NDArray

_CHUNK_BYTES: Final = 32 << 20


class NotStorable(Exception):
    """The value is of a kind that has no stored form."""


class Arrays(dict[str, Blob]):
    """The arrays of one result, named in the order in which they were added."""

    def add(self, blob: Blob) -> str:
        name = str(len(self))
        self[name] = blob
        return name

    def add_tensor(self, tensor: torch.Tensor) -> TensorLayout:
        return TensorLayout(name=self.add(tensor_blob(tensor)), stride=tensor.stride())


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class PlainSpec(_Spec):
    """Text, a number, a truth value, or nothing."""

    kind: Literal["plain"] = "plain"
    value: bool | int | float | str | None

    @staticmethod
    def of(value: bool | int | float | str | None, arrays: Arrays) -> PlainSpec:
        return PlainSpec(value=value)

    def restore(self, file: TensorFile) -> bool | int | float | str | None:
        return self.value


class ListSpec(_Spec):
    """Several values."""

    kind: Literal["list"] = "list"
    items: list[ValueSpec]

    @staticmethod
    def of(value: list[object], arrays: Arrays) -> ListSpec:
        return ListSpec(items=[spec_of(item, arrays) for item in value])

    def restore(self, file: TensorFile) -> list[object]:
        return [item.restore(file) for item in self.items]


class HandleSpec(_Spec):
    """A value that is plain data all through."""

    kind: Literal["handle"] = "handle"
    value: Artifact | Report | VideoModel | Origin

    @staticmethod
    def of(value: Artifact | Report | VideoModel | Origin, arrays: Arrays) -> HandleSpec:
        return HandleSpec(value=value)

    def restore(self, file: TensorFile) -> Artifact | Report | VideoModel | Origin:
        return self.value


class ImageSpec(_Spec):
    kind: Literal["image"] = "image"
    pixels: str
    origin: Origin

    @staticmethod
    def of(value: Image, arrays: Arrays) -> ImageSpec:
        return ImageSpec(pixels=arrays.add(array_blob(value.pixels_HWC)), origin=value.origin)

    def restore(self, file: TensorFile) -> Image:
        return Image(cast("NDArray[np.uint8]", file.array(self.pixels)), self.origin)


class AudioSpec(_Spec):
    kind: Literal["audio"] = "audio"
    samples: str
    rate: int
    origin: Origin

    @staticmethod
    def of(value: Audio, arrays: Arrays) -> AudioSpec:
        samples = arrays.add(array_blob(value.samples_CN))
        return AudioSpec(samples=samples, rate=value.rate, origin=value.origin)

    def restore(self, file: TensorFile) -> Audio:
        return Audio(cast("NDArray[np.float32]", file.array(self.samples)), self.rate, self.origin)


class ClipSpec(_Spec):
    """Frames are written and read as a stream; storing a clip draws one pass from it."""

    kind: Literal["clip"] = "clip"
    pixels: str
    fps: Fraction
    audio: AudioSpec | None
    origin: Origin

    @staticmethod
    def of(value: Clip, arrays: Arrays) -> ClipSpec:
        def chunks() -> Iterator[memoryview]:
            for chunk_THWC in value:
                yield from array_blob(chunk_THWC).chunks()  # type: ignore[misc]

        blob = Blob("U8", (value.frames, value.height, value.width, 3), chunks)
        audio = None if value.audio is None else AudioSpec.of(value.audio, arrays)
        return ClipSpec(pixels=arrays.add(blob), fps=value.fps, audio=audio, origin=value.origin)

    def restore(self, file: TensorFile) -> Clip:
        frames, height, width, channels = file.shape(self.pixels)
        at_once = max(1, _CHUNK_BYTES // max(1, height * width * channels))
        return Clip(
            lambda: file.rows(self.pixels, at_once),
            frames=frames,
            height=height,
            width=width,
            fps=self.fps,
            audio=None if self.audio is None else self.audio.restore(file),
            origin=self.origin,
        )


class LatentSpec(_Spec):
    kind: Literal["latent"] = "latent"
    video: TensorLayout
    audio: TensorLayout | None
    model: VideoModel
    frames: int
    height: int
    width: int
    fps: Fraction
    origin: Origin

    @staticmethod
    def of(value: Latent, arrays: Arrays) -> LatentSpec:
        audio = value.audio_BLD
        return LatentSpec(
            video=arrays.add_tensor(value.video_BCTHW),
            audio=None if audio is None else arrays.add_tensor(audio),
            model=value.model,
            frames=value.frames,
            height=value.height,
            width=value.width,
            fps=value.fps,
            origin=value.origin,
        )

    def restore(self, file: TensorFile) -> Latent:
        return Latent(
            self.video.restore(file),
            self.model,
            frames=self.frames,
            height=self.height,
            width=self.width,
            fps=self.fps,
            audio_BLD=None if self.audio is None else self.audio.restore(file),
            origin=self.origin,
        )


class FrameConditionSpec(_Spec):
    kind: Literal["frame"] = "frame"
    image: ImageSpec
    index: int | None

    @staticmethod
    def of(value: FrameCondition, arrays: Arrays) -> FrameConditionSpec:
        return FrameConditionSpec(image=ImageSpec.of(value.image, arrays), index=value.index)

    def restore(self, file: TensorFile) -> FrameCondition:
        return FrameCondition(self.image.restore(file), self.index)


class ConditioningSpec(_Spec):
    kind: Literal["conditioning"] = "conditioning"
    text: str
    tensors: dict[str, TensorLayout]
    frames: tuple[FrameConditionSpec, ...]
    notes: tuple[str, ...]

    @staticmethod
    def of(value: Conditioning, arrays: Arrays) -> ConditioningSpec:
        return ConditioningSpec(
            text=value.text,
            tensors={name: arrays.add_tensor(t) for name, t in value.tensors.items()},
            frames=tuple(FrameConditionSpec.of(frame, arrays) for frame in value.frames),
            notes=value.notes,
        )

    def restore(self, file: TensorFile) -> Conditioning:
        return Conditioning(
            self.text,
            {name: layout.restore(file) for name, layout in self.tensors.items()},
            tuple(frame.restore(file) for frame in self.frames),
            self.notes,
        )


ValueSpec: TypeAlias = Annotated[
    PlainSpec
    | ListSpec
    | HandleSpec
    | ImageSpec
    | AudioSpec
    | ClipSpec
    | LatentSpec
    | FrameConditionSpec
    | ConditioningSpec,
    Field(discriminator="kind"),
]
ListSpec.model_rebuild()

_SPECS: Final[dict[type, Callable[[Any, Arrays], ValueSpec]]] = {
    bool: PlainSpec.of,
    int: PlainSpec.of,
    float: PlainSpec.of,
    str: PlainSpec.of,
    type(None): PlainSpec.of,
    list: ListSpec.of,
    Artifact: HandleSpec.of,
    Report: HandleSpec.of,
    VideoModel: HandleSpec.of,
    Origin: HandleSpec.of,
    Image: ImageSpec.of,
    Audio: AudioSpec.of,
    Clip: ClipSpec.of,
    Latent: LatentSpec.of,
    FrameCondition: FrameConditionSpec.of,
    Conditioning: ConditioningSpec.of,
}
_OUTPUTS: Final = TypeAdapter(dict[str, ValueSpec], config=ConfigDict(ser_json_inf_nan="constants"))


def spec_of(value: object, arrays: Arrays) -> ValueSpec:
    """Describe a value, adding the arrays it needs to `arrays`.  Raises NotStorable."""
    spec = _SPECS.get(type(value))
    if spec is None:
        raise NotStorable(f"a {type(value).__name__} has no stored form")
    return spec(value, arrays)


def encode(outputs: Mapping[str, object]) -> tuple[str, Arrays]:
    """A node's outputs as text and arrays.  Raises NotStorable."""
    arrays = Arrays()
    specs = {port: spec_of(value, arrays) for port, value in outputs.items()}
    try:
        return _OUTPUTS.dump_json(specs).decode(), arrays
    except PydanticSerializationError as error:
        raise NotStorable("a text is not valid Unicode") from error


def decode(file: TensorFile) -> dict[str, object]:
    """The outputs that a file holds.  Raises DamagedFile."""
    try:
        specs = _OUTPUTS.validate_json(file.text)
    except ValidationError as error:
        raise DamagedFile("A stored result is not of a form that this version knows.") from error
    return {port: spec.restore(file) for port, spec in specs.items()}


def holds(outputs: Mapping[str, object], kind: type) -> bool:
    """Whether one of the outputs is, or lists, a value of this type."""
    return any(
        isinstance(value, kind)
        or (isinstance(value, list) and any(isinstance(item, kind) for item in value))
        for value in outputs.values()
    )


def value_digest(value: object) -> str | None:
    """What identifies a value by its content; None for streams and kinds without stored form."""
    if holds({"": value}, Clip):
        return None
    try:
        text, arrays = encode({"": value})
    except NotStorable:
        return None
    digest = hashlib.sha256(text.encode())
    for blob in arrays.values():
        digest.update(f"{blob.dtype}{blob.shape}".encode())
        for chunk in blob.chunks():
            digest.update(chunk)
    return digest.hexdigest()
