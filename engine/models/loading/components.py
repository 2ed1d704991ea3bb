"""The way in: a model's components, ready to compute with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.adapters import read_adapter
from engine.models.loading.drawn import drawn_network, is_drawn
from engine.models.loading.fusing import Adapted, Originals, Weighted
from engine.models.loading.layout import CONFIG, Json, read_json, read_layout, weights_of
from engine.models.loading.modules import (
    empty_network,
    fill,
    filled_transformers,
    is_diffusers,
    is_network,
    precision_rule,
    unused,
)
from engine.models.loading.narrowing import (
    fill_narrow,
    is_narrow,
    narrow_in_place,
    widen_in_place,
)
from engine.models.loading.places import Part, Place, place, refuse_misfit
from engine.models.loading.precision import PRECISIONS, Precision, precision_of
from engine.models.loading.single_file import load_file
from engine.models.loading.sizes import DENOISERS, held_bytes, memory_of
from engine.models.loading.tensors import mapped_tensors, read_tensors, stored_tensors
from engine.models.memory.fitting import FIT, FITTED, weights_stay
from engine.models.residency import free_memory
from engine.values import Adapter, VideoModel

__all__ = ["Components", "Part", "load_components", "load_places"]

VARIANTS: Final[Mapping[torch.dtype, str]] = {torch.float16: "fp16", torch.bfloat16: "bf16"}


@dataclass(frozen=True, eq=False)
class Components:
    """What was loaded, by name; `settings` are the pipeline's plain values (`boundary_ratio`, ...).

    `pipeline` is the name of the pipeline's class that the folder was made for.
    """

    pipeline: str
    parts: Mapping[str, Any]
    settings: Json
    loading_notes: tuple[str, ...] = ()
    adapter_notes: tuple[str, ...] = ()
    adapted: Mapping[str, Adapted] = field(default_factory=dict)
    """What adapters have done, by denoiser."""
    networks: Mapping[str, nn.Module] = field(init=False)

    def __post_init__(self) -> None:
        networks = {name: p for name, p in self.parts.items() if isinstance(p, nn.Module)}
        object.__setattr__(self, "networks", MappingProxyType(networks))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the user should know."""
        return self.loading_notes + self.adapter_notes

    def __getitem__(self, name: str) -> Any:
        return self.parts[name]

    def get(self, name: str) -> Any | None:
        """A component, or None for an optional one that is not there."""
        return self.parts.get(name)

    def adapt(self, adapters: Sequence[Adapter]) -> tuple[str, ...]:
        """Have exactly these adapters on, and no others; what they changed before is undone.

        Returns sentences about what of them is not used.  Raises InvalidInput for one that was made
        for another model.
        """
        notes: list[str] = []
        wanted: dict[str, list[Weighted]] = {name: [] for name in self.adapted}
        for adapter in adapters:
            for name in _meant(adapter, self.adapted):
                read = read_adapter(Path(adapter.path), self.networks[name])
                wanted[name].append((read, adapter.strength))
                if read.unused:
                    notes.append(
                        f"{len(read.unused)} layers of '{adapter.path}' are not in this model, "
                        f"'{read.unused[0]}' first."
                    )
        for name, weighted in wanted.items():
            self.adapted[name].apply(weighted)
        return tuple(notes)

    @property
    def narrow(self) -> bool:
        """Whether a denoiser rests in int8."""
        return any(is_narrow(self.networks[name]) for name in self.adapted)

    def hold(self, narrow: bool, adapters: Sequence[Adapter]) -> None:
        """Have the denoisers rest in int8, or as they were read; with these adapters on."""
        self.adapt(())  # what was added to wide weights is not added to narrow ones
        for name, adapted in self.adapted.items():
            if narrow:
                narrow_in_place(self.networks[name], FITTED)
            else:
                widen_in_place(self.networks[name], adapted.originals)
        self.adapt(adapters)

    @property
    def nbytes(self) -> int:
        """Memory that the weights hold."""
        return sum(memory_of(network) for network in self.networks.values())


def load_components(
    handle: VideoModel,
    folder: Path,
    parts: Sequence[Part],
    *,
    device: str = "cpu",
    dtype: torch.dtype | None = None,
) -> Components:
    """Load what a family needs from a diffusers folder, to a device and in one precision.

    Parts that the handle swaps come from where it says.  `dtype` is what is computed in, None for
    what the handle says.  Raises InvalidInput for a folder that is no model, a class that is not
    known or parts that do not fit each other, InvalidWeights for components that are missing or
    damaged.
    """
    layout = read_layout(folder)
    found = {part.name: place(layout, part, handle) for part in parts}
    places = {name: each for name, each in found.items() if each is not None}
    refuse_misfit(places)
    dtypes = {part.name: part.dtype for part in parts}
    loaded = load_places(handle, places, device=device, dtype=dtype, dtypes=dtypes)
    return replace(loaded, pipeline=layout.pipeline, settings=layout.settings)


def load_places(
    handle: VideoModel,
    places: Mapping[str, Place],
    *,
    device: str = "cpu",
    dtype: torch.dtype | None = None,
    dtypes: Mapping[str, str] = MappingProxyType({}),
) -> Components:
    """Load components from where each of them is.

    `dtypes` holds some of them in another precision than the rest.  What is more than the device
    has free stays on the host: its parts come to the device when they work.  Raises InvalidInput
    for an adapter of another model or weights that cannot be narrow, InvalidWeights for components
    that are missing or damaged.
    """
    usual = precision_of(handle, device, dtype)
    wide = {
        name: replace(usual, wide=PRECISIONS.get(dtypes.get(name, ""), usual.wide), narrow=None)
        for name in places
    }
    free = free_memory(device)
    narrow = usual.narrow
    if handle.precision == FIT and not weights_stay(places, wide, free, device):
        narrow = FITTED
    held = {
        name: replace(each, narrow=narrow if name in DENOISERS else None)
        for name, each in wide.items()
    }
    if device != "cpu" and sum(held_bytes(places[n], each) for n, each in held.items()) > free:
        device = "cpu"
    loaded: dict[str, Any] = {}
    notes: list[str] = []
    for name, each in places.items():
        loaded[name] = _load(each, device, held[name], notes)
    if usual.narrow is not None:
        _refuse_if_all_wide(handle, [loaded[name] for name in DENOISERS if name in loaded])
    adapted: dict[str, Adapted] = {
        name: Adapted(loaded[name], _originals(places[name], device, wide[name]))
        for name in DENOISERS
        if name in loaded
    }
    components = Components("", MappingProxyType(loaded), {}, tuple(notes), adapted=adapted)
    told = components.adapt(handle.adapters) if handle.adapters else ()
    return replace(components, adapter_notes=told)


def _refuse_if_all_wide(handle: VideoModel, denoisers: Sequence[nn.Module]) -> None:
    if not any(weight.dtype.itemsize == 1 for each in denoisers for weight in each.parameters()):
        raise InvalidInput(
            f"The denoiser of '{handle.source}' has no blocks that could be held in "
            f"{handle.precision}.",
            remedy="Set 'precision' of 'Load model' to 'auto'.",
        )


def _meant(adapter: Adapter, names: Iterable[str]) -> list[str]:
    """The denoisers that an adapter is for.  Raises InvalidInput where there is no such one."""
    known = list(names)
    if adapter.part and adapter.part not in known:
        raise InvalidInput(
            f"The LoRA '{adapter.path}' is for '{adapter.part}', which this model does not have.",
            remedy=f"Choose {' or '.join(known) or 'another model'}.",
        )
    return [adapter.part] if adapter.part else known


def _originals(place: Place, device: str, precision: Precision) -> Originals:
    """Reads weights of a network anew."""

    def read(names: Sequence[str]) -> Mapping[str, Tensor]:
        if place.weights.is_file():
            network = _load(place, "cpu", precision, [])
            return {name: network.state_dict()[name] for name in names}
        stored = stored_tensors(weights_of(place.weights, VARIANTS.get(precision.wide, "")))
        rule = precision_rule(place.kind, precision.wide)
        return read_tensors([stored[name] for name in names], device, rule)

    return read


def _load(place: Place, device: str, precision: Precision, notes: list[str]) -> Any:
    if not is_network(place.kind):
        return _plain(place)
    if not place.weights.is_file():
        return _from_folder(place, device, precision, notes)
    config = place.config if is_diffusers(place.kind) else _transformers_config(place)
    return load_file(place.kind, place.weights, place.name, config, device, precision)


def _plain(place: Place) -> Any:
    """A tokenizer, scheduler or processor.  Raises InvalidWeights."""
    if not place.weights.is_dir():
        raise InvalidWeights(
            f"The component '{place.name}' is missing from '{place.weights.parent}'.",
            remedy="Fetch the model again, or put the component's folder back.",
        )
    try:
        return place.kind.from_pretrained(str(place.weights), local_files_only=True)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidWeights(
            f"'{place.weights}' does not make a {place.kind.__name__}: {_first_line(error)}",
            remedy="Fetch the model again.",
        ) from error


def _from_folder(place: Place, device: str, precision: Precision, notes: list[str]) -> nn.Module:
    where, dtype = f"'{place.weights}'", precision.wide
    if is_drawn(place.weights):
        plain = read_json(place.settings / CONFIG)
        config = plain if is_diffusers(place.kind) else _transformers_config(place)
        return drawn_network(place.kind, config, precision, device)
    stored = stored_tensors(weights_of(place.weights, VARIANTS.get(dtype, "")))
    if not is_diffusers(place.kind):
        config = _transformers_config(place)
        tensors = read_tensors(stored.values(), device)
        return filled_transformers(place.kind, config, tensors, where, device, dtype)
    network = empty_network(place.kind, read_json(place.settings / CONFIG), dtype)
    others = unused(network, stored)
    if others:
        notes.append(f"{len(others)} weights in {where} are not used, '{others[0]}' first.")
    rule = precision_rule(place.kind, dtype)
    if precision.narrow is not None:
        mapped = mapped_tensors(stored.values())
        return fill_narrow(network, mapped, {}, rule, precision.narrow, where, device)
    return fill(network, read_tensors(stored.values(), device, rule), where, device)


def _transformers_config(place: Place) -> Any:
    read_json(place.settings / CONFIG)
    return place.kind.config_class.from_pretrained(str(place.settings), local_files_only=True)


def _first_line(error: Exception) -> str:
    return f"{(str(error).strip() or type(error).__name__).splitlines()[0].rstrip('.')}."
