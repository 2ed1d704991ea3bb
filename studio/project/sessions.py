"""How the window stood when it was closed: which documents were open, and where everything was."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from studio.project.kept import Kept, read_kept, studio_state, write_kept

FILE: Final = "session.json"
MOST_TABS: Final = 64


class Tab(BaseModel):
    """An open document; `zoom` and `center` are of its canvas, `trail` the subgraphs entered."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    zoom: float = Field(default=0.0, ge=0, le=100)
    """0 stands for 'show everything'."""
    center: tuple[float, float] = (0.0, 0.0)
    trail: tuple[str, ...] = ()


class Session(BaseModel):
    """The tabs in order, which one was in front, and what Qt says of the window's parts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tabs: Annotated[tuple[Tab, ...], Field(max_length=MOST_TABS)] = ()
    active: int = Field(default=0, ge=0)
    geometry: str = Field(default="", max_length=100_000)
    """The window's place and size, as base64."""
    docks: str = Field(default="", max_length=1_000_000)
    """How panels are arranged, as base64."""

    @field_validator("geometry", "docks")
    @classmethod
    def _is_base64(cls, text: str, info: ValidationInfo) -> str:
        try:
            base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError(f"'{info.field_name}' is no base64") from None
        return text

    @property
    def geometry_bytes(self) -> bytes:
        """What `QWidget.restoreGeometry` takes."""
        return base64.b64decode(self.geometry)

    @property
    def docks_bytes(self) -> bytes:
        """What `QMainWindow.restoreState` takes."""
        return base64.b64decode(self.docks)


def encoded(content: bytes) -> str:
    """Bytes from Qt as a session holds them."""
    return base64.b64encode(content).decode()


def load_session(path: Path | None = None) -> Kept[Session]:
    """How the window stood last time; damaged: as new."""
    return read_kept(path or studio_state() / FILE, Session, "window's arrangement")


def save_session(session: Session, path: Path | None = None) -> None:
    """Keep it for the next time.  Raises StorageFailed."""
    write_kept(path or studio_state() / FILE, session)
