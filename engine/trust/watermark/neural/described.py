"""Neural markers as their owner describes them: a file for each in the configuration folder.

    <configuration>/markers/video_seal.toml

    use = "beside"              # or "instead" of Reelwright's own mark, or only to "read"
    embedder = "video_seal/embedder.onnx"       # from the file's own folder
    embedder_sha256 = "..."     # 64 hex digits; a file with others is not opened
    extractor = "video_seal/extractor.onnx"
    extractor_sha256 = "..."
    bits = 256                  # of a message: 256 at least
    size = 256                  # pixels of a side of the square that both networks see
    sees = "luma"               # or "rgb": what the embedder sees and changes
    scaling = 0.2               # what its answer is multiplied with
    step = 4                    # frames that share one answer
    attenuation = "jnd"         # fainter where the eye would see it; or "none"

The file's name is the marker's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from engine.errors import InvalidInput
from engine.folders import config_folder
from engine.trust.files import content_of
from engine.trust.forms import named_from, parse_form
from engine.trust.watermark.message import CODED_BITS

FOLDER: Final = "markers"

_NAME: Final = re.compile(r"[a-z0-9_]{1,40}")


def _is_onnx(path: Path) -> Path:
    if path.suffix != ".onnx":
        raise ValueError("only ONNX files are opened; TorchScript and .pth are to be exported")
    return path


OnnxFile = Annotated[Path, AfterValidator(_is_onnx)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Form(BaseModel):
    """What stands in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: Literal["beside", "instead", "read"]
    extractor: OnnxFile
    extractor_sha256: Digest
    embedder: OnnxFile | None = Field(None, validate_default=True)
    embedder_sha256: Digest | None = Field(None, validate_default=True)
    bits: int = Field(le=4096)
    size: int = Field(ge=32, le=1024)
    sees: Literal["luma", "rgb"] = "luma"
    scaling: float = Field(1.0, gt=0, le=10)
    step: int = Field(1, ge=1, le=32)
    attenuation: Literal["jnd", "none"] = "none"

    @field_validator("embedder", "embedder_sha256")
    @classmethod
    def _puts_marks_on(cls, given: object, others: ValidationInfo) -> object:
        if given is None and others.data.get("use") != "read":
            raise ValueError("this field is missing; it may be with use = 'read' alone")
        return given

    @field_validator("bits")
    @classmethod
    def _holds_the_number(cls, bits: int) -> int:
        if bits < CODED_BITS:
            raise ValueError(f"a number and its code need {CODED_BITS} bits, not {bits}")
        return bits


class Described(_Form):
    """A neural marker with its name; paths are absolute."""

    name: str


def described_markers(folder: Path | None = None) -> list[Described]:
    """All that are described in a folder (default: in the configuration folder), by name.

    Raises InvalidInput naming file, line and field of a mistake, StorageFailed for what cannot be
    read.
    """
    place = folder or config_folder() / FOLDER
    return [_read(path) for path in sorted(place.glob("*.toml"))]


def _read(path: Path) -> Described:
    if not _NAME.fullmatch(path.stem):
        raise InvalidInput(
            f"The marker '{path}' needs another name: it stands in manifests.",
            remedy="Take small letters, digits and '_', at most 40.",
        )
    content = content_of(path, "The marker", "Check its rights.")
    form, _ = parse_form(_Form, content, f"The marker '{path}'")
    files = named_from(path, form, "embedder", "extractor")
    return Described(**{**form.model_dump(), **files, "name": path.stem})
