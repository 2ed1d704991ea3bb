"""Where each component of a model comes from: its own folder, or what stands in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.classes import accepted, find_class
from engine.models.loading.layout import CONFIG, INDEX, Json, Layout, read_json, read_layout
from engine.values import VideoModel


@dataclass(frozen=True)
class Part:
    """One component that a family needs: its name in the folder, and the classes it can drive.

    `dtype` holds this part in another precision than the rest ('float32' for a VAE, say).
    """

    name: str
    classes: tuple[str, ...] = ()
    optional: bool = False
    dtype: str = ""


@dataclass(frozen=True)
class Place:
    """Where a component is: the class, its weights' folder or file, the folder of its settings."""

    name: str
    kind: Any
    weights: Path
    settings: Path

    @property
    def config(self) -> Json:
        """The component's settings, {} where it has none.  Raises InvalidWeights."""
        file = self.settings / CONFIG
        return read_json(file) if file.is_file() else {}


def place(layout: Layout, part: Part, handle: VideoModel) -> Place | None:
    """Where a component is, None for an optional one that is nowhere.

    Raises InvalidInput for one that is missing, or of a class that the family can't drive.
    """
    swapped = handle.part(part.name)
    if part.name not in layout.components and swapped is None:
        if part.optional:
            return None
        raise _missing(layout, part)
    found = _own(layout, part.name) if swapped is None else _swapped(layout, part, swapped.path)
    if not accepted(found.kind, part.classes):
        raise InvalidInput(
            f"The component '{part.name}' in '{found.weights}' is a {found.kind.__name__}, "
            f"not a {' or '.join(part.classes)}.",
            remedy="Use a model of this family, or choose the family that the model belongs to.",
        )
    return found


def _own(layout: Layout, name: str) -> Place:
    library, class_name = layout.components[name]
    folder = layout.folder / name
    kind = find_class(class_name, library, where=f"'{layout.folder}'")
    return Place(name, kind, folder, folder)


def _swapped(layout: Layout, part: Part, path: str) -> Place:
    place = Path(path)
    if place.is_file():
        if part.name not in layout.components:
            raise _missing(layout, part)
        own = _own(layout, part.name)
        return Place(part.name, own.kind, place, own.settings)
    if (place / INDEX).is_file():
        other = read_layout(place)
        if part.name not in other.components:
            raise _missing(other, part)
        return _own(other, part.name)
    if (place / CONFIG).is_file():
        return Place(part.name, _kind_in(read_json(place / CONFIG), place), place, place)
    if not place.exists():
        raise InvalidWeights(f"'{path}' does not exist.", remedy="Check the path.")
    raise InvalidWeights(
        f"'{path}' holds no component '{part.name}'.",
        remedy="Point to the component's folder, to a model's folder, or to a weight file.",
    )


def _kind_in(config: Json, folder: Path) -> type:
    names = config.get("architectures")
    name = config.get("_class_name") or (names[0] if isinstance(names, list) and names else "")
    return find_class(str(name), where=f"'{folder}'")


def _missing(layout: Layout, part: Part) -> InvalidInput:
    known = ", ".join(f"'{name}'" for name in layout.components)
    return InvalidInput(
        f"The model in '{layout.folder}' has no component '{part.name}'; it has {known}.",
        remedy="Use a model of this family, or a whole copy of this one.",
    )


CHANNELS = ("z_dim", "latent_channels")
WIDTHS = ("d_model", "hidden_size")
TEXT_WIDTHS = ("text_dim", "caption_channels", "text_embed_dim")


def refuse_misfit(places: Mapping[str, Place]) -> None:
    """Raises InvalidInput where the VAE's channels or the text encoder's width are not what the
    denoiser takes: told from the settings alone, before anything is loaded.
    """
    denoiser = places.get("transformer")
    if denoiser is None or denoiser.weights.is_file():
        return
    vae, text = places.get("vae"), places.get("text_encoder")
    taken, given = denoiser.config.get("in_channels"), denoiser.config.get("out_channels")
    if vae is not None and vae.settings == vae.weights:
        channels = _number(vae.config, CHANNELS)
        # One that predicts its noise's variance too gives twice what it takes.
        _compare(vae, "latent channels", channels, taken if channels == taken else given or taken)
    if text is not None and text.settings == text.weights:
        width = _number(text.config, WIDTHS)
        _compare(text, "numbers a token", width, _number(denoiser.config, TEXT_WIDTHS))


def _compare(found: Place, what: str, has: object, wanted: object) -> None:
    if has is None or wanted is None or has == wanted:
        return
    raise InvalidInput(
        f"The {found.name.replace('_', ' ')} in '{found.weights}' has {has} {what}; "
        f"the model works with {wanted}.",
        remedy="Use one that was made for this model.",
    )


def _number(config: Json, names: tuple[str, ...]) -> object:
    nested = config.get("text_config")
    inner = nested if isinstance(nested, dict) else {}
    return next((value for c in (config, inner) for name in names if (value := c.get(name))), None)
