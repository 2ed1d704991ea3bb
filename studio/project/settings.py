"""Every preference of the studio, declared once: dialogs, defaults and checks follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from psygnal import Signal
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict

from engine.errors import InvalidInput
from studio.project.kept import read_kept, studio_config, write_kept

FILE: Final = "settings.json"
PAGES: Final = ("Look", "Editing", "Runs", "Viewer", "Files")
"""The pages of the preferences, in order; a setting without a page is set elsewhere."""


def _page(name: str) -> JsonDict:
    return {"page": name}


class Settings(BaseModel):
    """The preferences.  Frozen: changing one makes new settings, which `Preferences` keeps.

    A field's title is its label, its description the help, 'page' in its schema where it is
    shown; without a page, it is set somewhere else than in the preferences.
    """

    # A newer studio may have written more: what this one does not know is not its business.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    theme: Literal["dark", "light", "system"] = Field(
        default="dark",
        title="Theme",
        description="System follows this computer's own choice.",
        json_schema_extra=_page("Look"),
    )
    scale: int = Field(
        default=100,
        ge=75,
        le=200,
        title="Size of everything",
        description="In percent, beside what the screen asks for; takes effect at the next start.",
        json_schema_extra=_page("Look"),
    )
    motion: bool = Field(
        default=True,
        title="Smooth movements",
        description="Zoom and panels glide; off, they jump.",
        json_schema_extra=_page("Look"),
    )
    grid: bool = Field(
        default=True,
        title="Show the grid",
        description="Dots behind the graph.",
        json_schema_extra=_page("Editing"),
    )
    snap: bool = Field(
        default=True,
        title="Snap to the grid",
        description="Boxes that are dragged stop on the grid; hold Alt to place them freely.",
        json_schema_extra=_page("Editing"),
    )
    minimap: bool = Field(
        default=True,
        title="Show the map",
        description="The whole graph, small, in a corner.",
        json_schema_extra=_page("Editing"),
    )
    thumbnails: bool = Field(
        default=True,
        title="Pictures on nodes",
        description="What a node made, on its box.",
        json_schema_extra=_page("Editing"),
    )
    key_map: Annotated[str, Field(max_length=40)] = Field(
        default="reelwright", title="Keys", description="Whose shortcuts your hands know."
    )
    shortcuts: Mapping[str, tuple[str, ...]] = Field(
        default={},
        title="Your own shortcuts",
        description="By command, over those of the key map.",
    )
    previews: bool = Field(
        default=True,
        title="Preview while sampling",
        description="A rough picture of what is being made; costs a little time.",
        json_schema_extra=_page("Runs"),
    )
    place: Annotated[str, Field(max_length=200)] = Field(
        default="here", title="Where to run", description="This computer, or the name of a cluster."
    )
    on_close: Literal["ask", "keep", "stop"] = Field(
        default="ask",
        title="When closing during a run",
        description="Keep it working, stop it (its checkpoint is kept), or ask.",
        json_schema_extra=_page("Runs"),
    )
    loop: bool = Field(
        default=True,
        title="Loop videos",
        description="Begin again at the end.",
        json_schema_extra=_page("Viewer"),
    )
    volume: int = Field(
        default=80,
        ge=0,
        le=100,
        title="Volume",
        description="In percent.",
        json_schema_extra=_page("Viewer"),
    )
    output: str = Field(
        default="",
        max_length=4096,
        title="Folder for videos",
        description="Empty: 'Reelwright' in your videos folder.",
        json_schema_extra={**_page("Files"), "widget": "folder"},
    )
    autosave: int = Field(
        default=5,
        ge=2,
        le=9,
        title="Safety copy after",
        description="Seconds from an edit to its copy: what a crash can cost.",
        json_schema_extra=_page("Files"),
    )
    reopen: bool = Field(
        default=True,
        title="Open what was open",
        description="Begin with the documents of the last time.",
        json_schema_extra=_page("Files"),
    )
    recent_length: int = Field(
        default=20,
        ge=0,
        le=100,
        title="Recent files",
        description="How many are remembered.",
        json_schema_extra=_page("Files"),
    )
    welcomed: bool = Field(default=False, title="Has been welcomed")

    @property
    def output_folder(self) -> Path:
        """Where videos go."""
        from platformdirs import user_videos_path

        return Path(self.output) if self.output else user_videos_path() / "Reelwright"


class Preferences:
    """The settings in force and the file that keeps them."""

    changed = Signal(object, object)
    """The settings before and after."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or studio_config() / FILE
        kept = read_kept(self._path, Settings, "preferences")
        self.current = kept.value
        self.problem = kept.problem
        """One sentence where the file was damaged, or ''."""

    def set(self, **values: object) -> None:
        """Change settings and keep them.

        Raises InvalidInput for a bad value, and then nothing has changed; StorageFailed where
        they cannot be kept: they are in force until the studio ends.
        """
        before, after = self.current, checked(self.current, values)
        if after == before:
            return
        self.current = after
        self.changed.emit(before, after)
        write_kept(self._path, after)

    def reset(self) -> None:
        """Every preference as new; that the welcome was seen stays."""
        fresh = Settings(welcomed=self.current.welcomed)
        self.set(**dict(fresh))


def checked(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with some changed.  Raises InvalidInput that names the first bad one."""
    unknown = sorted(set(values) - set(Settings.model_fields))
    if unknown:
        raise InvalidInput(f"There is no setting '{unknown[0]}'.", remedy="Check its name.")
    try:
        return Settings.model_validate(dict(settings) | dict(values), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        title = Settings.model_fields[name].title or name
        raise InvalidInput(f"'{title}' cannot be so: {first['msg']}.") from None


def fields_of(page: str) -> tuple[str, ...]:
    """The names of the settings on one page of the preferences, in order."""
    extras = {name: field.json_schema_extra for name, field in Settings.model_fields.items()}
    return tuple(
        n for n, extra in extras.items() if isinstance(extra, dict) and extra.get("page") == page
    )
