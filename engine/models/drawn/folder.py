"""The folder of a published model without its weights: settings, tokenizers, a schedule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from engine.errors import InvalidInput
from engine.models import catalog
from engine.models.benchmarking import Trial
from engine.models.catalog import CatalogEntry
from engine.models.costs.blueprint import blueprint
from engine.models.drawn.words import SPELLING, tokenizer_for
from engine.models.estimate import Device, Work, need_of
from engine.models.loading.architectures import Published, published
from engine.models.loading.classes import find_class
from engine.models.loading.drawn import MARK
from engine.models.loading.layout import CONFIG, INDEX
from engine.models.memory.plan import ALL_STAY, HEADROOM, gib, peak
from engine.models.residency import Residency, free_memory
from engine.values import VideoModel

DIGEST: Final = "drawn"
MANY: Final = 1 << 20
PIPELINES_OWN: Final = ("LTX2TextConnectors", "LTX2Vocoder", "LTX2VocoderWithBWE")
"""Classes that diffusers keeps beside LTX-2's pipelines."""
_EULER: Final = "FlowMatchEulerDiscreteScheduler"
_BY_SIZE: Final = {
    "base_shift": 0.95,
    "max_shift": 2.05,
    "base_image_seq_len": 1024,
    "max_image_seq_len": 4096,
    "shift_terminal": 0.1,
}
_LINEAR: Final = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}


@dataclass(frozen=True)
class Recipe:
    """What a family has beside its networks: its pipeline's name, its schedule, plain settings."""

    pipeline: str
    schedule: tuple[str, Mapping[str, object]]
    guider: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)


RECIPES: Final[Mapping[str, Recipe]] = {
    "wan": Recipe(
        "WanPipeline",
        (
            "UniPCMultistepScheduler",
            {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0},
        ),
    ),
    "ltx": Recipe("LTXConditionPipeline", (_EULER, {**_BY_SIZE, "shift_terminal": None})),
    "ltx2": Recipe("LTX2Pipeline", (_EULER, {**_BY_SIZE, "use_dynamic_shifting": True})),
    "mochi": Recipe("MochiPipeline", (_EULER, {"invert_sigmas": True})),
    "cogvideox": Recipe("CogVideoXPipeline", ("CogVideoXDPMScheduler", _LINEAR)),
    "hunyuan": Recipe("HunyuanVideoPipeline", (_EULER, {"shift": 7.0})),
    "hunyuan15": Recipe("HunyuanVideo15Pipeline", (_EULER, {"shift": 5.0}), guider=True),
}
"""How each family's published models are laid out."""

SETTINGS: Final[Mapping[str, Mapping[str, object]]] = {
    "wan2.2-t2v-a14b": {"boundary_ratio": 0.875},
    "wan2.2-i2v-a14b": {"boundary_ratio": 0.9},
    "wan2.2-ti2v-5b": {"expand_timesteps": True},
}
"""Plain settings of single models."""


@contextmanager
def drawn_model(
    id: str, trial: Trial, precision: str = "auto", device: str | None = None
) -> Iterator[VideoModel]:
    """A handle to a model of the catalog whose weights are drawn when it is loaded, for a trial.

    `device` None is what models are loaded to.  Raises InvalidInput for an unknown id, for a model
    of which not all settings are known, and for one that does not fit on the device with its work.
    """
    entry = catalog.find(id)
    if not entry.repository:
        raise InvalidInput(
            f"'{id}' has its own weights here.", remedy="Leave '--random-weights' out."
        )
    parts = dict(published(id))
    if "dit_2" in entry.parameters and "transformer" in parts:
        parts["transformer_2"] = parts["transformer"]
    if what := _not_known(entry, parts):
        raise InvalidInput(
            f"'{id}' cannot have random weights: the settings of {what} are not known here.",
            remedy="Fetch its own, or choose another model, such as 'wan2.1-t2v-1.3b'.",
        )
    _refuse_too_large(entry, trial, device or Residency().device, precision)
    with TemporaryDirectory() as place:
        folder = Path(place) / id
        lay_out(folder, entry.family, parts, SETTINGS.get(id, {}))
        yield VideoModel(entry.family, str(folder), DIGEST, precision, recommended=entry.defaults)


def _not_known(entry: CatalogEntry, parts: Mapping[str, Published]) -> str:
    """What of a model's settings is not known, that its folder would have; '' if all is."""
    missing = [n for n in ("transformer", "text_encoder", "vae") if n not in parts]
    if missing:
        return f"its '{missing[0]}'"
    if parts["text_encoder"].kind not in SPELLING:
        return "the tokenizer of its 'text_encoder'"
    return "" if entry.family in RECIPES else f"the family '{entry.family}'"


def _refuse_too_large(entry: CatalogEntry, trial: Trial, device: str, precision: str) -> None:
    told, free = entry.defaults, free_memory(device)
    work = Work(
        trial.width or told.width or 0,
        trial.height or told.height or 0,
        trial.frames or told.frames or 1,
        steps=1,
        guidance=1.0,
        fps=told.fps or 24.0,
    )
    here = Device(device, 1.0, 1.0, free, 0.0, is_cpu=device == "cpu")
    need = need_of(blueprint(entry.id), work, here, precision)
    if need is not None and (most := peak(need, ALL_STAY)) > free * HEADROOM:
        raise InvalidInput(
            f"'{entry.id}' needs {gib(most)} on '{device}', and {gib(free)} are free.",
            remedy="Choose a smaller model, fewer frames, or weights of 8 bits.",
        )


def lay_out(
    folder: Path, family: str, parts: Mapping[str, Published], settings: Mapping[str, object]
) -> None:
    """Write the folder of a model whose networks are drawn when they are loaded."""
    recipe = RECIPES[family]
    index: dict[str, object] = {"_class_name": recipe.pipeline, **settings}
    for name, part in parts.items():
        library, kind = _class_of(part.kind)
        index[name] = [library, part.kind]
        _settings(folder / name, kind, part.config)
        if part.kind in SPELLING:
            told = name.replace("text_encoder", "tokenizer")
            tokenizer = tokenizer_for(part.kind, _vocabulary(part.config))
            index[told] = _saved(tokenizer, folder / told)
    schedule, options = recipe.schedule
    _, kind = _class_of(schedule)
    index["scheduler"] = _saved(kind(**options), folder / "scheduler")
    if recipe.guider:
        from diffusers.guiders import ClassifierFreeGuidance

        index["guider"] = _saved(ClassifierFreeGuidance(guidance_scale=6.0), folder / "guider")
    if "image_encoder" in parts:
        from transformers import CLIPImageProcessorPil

        index["image_processor"] = _saved(CLIPImageProcessorPil(), folder / "image_processor")
    (folder / INDEX).write_text(json.dumps(index), "utf-8")


def _class_of(name: str) -> tuple[str, Any]:
    """A class, and the library or the folder of pipelines that a model's index names for it."""
    library = "ltx2" if name in PIPELINES_OWN else ""
    kind = find_class(name, library, where="The table of published models")
    return library or kind.__module__.partition(".")[0], kind


def _settings(folder: Path, kind: Any, config: Mapping[str, object]) -> None:
    """A component's settings, and the mark that its weights are to be drawn."""
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    if hasattr(kind, "config_class") and kind.config_class is not None:
        kind.config_class(**config).save_pretrained(folder)
    else:
        (folder / CONFIG).write_text(json.dumps({"_class_name": kind.__name__, **config}), "utf-8")


def _vocabulary(config: Mapping[str, object]) -> int:
    found = config.get("vocab_size")
    return found if isinstance(found, int) else MANY


def _saved(part: Any, folder: Path) -> list[str]:
    """Library and class of what was saved."""
    part.save_pretrained(folder)
    library = type(part).__module__.split(".")
    name = "diffusers" if library[0] == "diffusers" else "transformers"
    return [name, type(part).__name__]
