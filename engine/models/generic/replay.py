"""A pipeline of diffusers whose own loop is entered and left between any two steps.

Each step is one call of the pipeline.  What stands before its loop is done as ever; the steps that
were taken before are passed over, the denoiser left out, the scheduler giving what it gave at the
last of them; then one step is computed, and the call is left.  So going on after a stop is what
every step does, and nothing of a pipeline's local variables has to be known, but that its loop
hands on no more than what the scheduler gave at the step before.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidInput
from engine.models.diffusion.scheduler_state import SETTINGS

MADE: Final = "made."
"""Names what the scheduler gave, by place or by field."""
SHAPE: Final = "shape."
"""Names the sizes of what a denoiser gave, after how many samples it saw, by its name and place."""
OURS: Final = ("step", "__deepcopy__")
"""What is put on a scheduler while a call lasts."""
Tensors = dict[str, Tensor]


class Left(BaseException):
    """Leaves a pipeline's call; no pipeline catches it."""


@dataclass
class Solver:
    """A scheduler's state and the generator, as they stand between two steps."""

    scheduler: Any
    generator: torch.Generator


@dataclass
class Passage:
    """One call: how many steps are passed over, and after which it is left.

    `before` holds what the scheduler and the denoisers gave at the last step passed over.  `ended`
    tells whether the loop was at its end; `latent` is what came to the VAE then.
    """

    past: int
    until: float
    before: Mapping[str, Tensor]
    solver: Solver | None
    generator: torch.Generator
    taken: int = 0
    made: Tensors = field(default_factory=dict)
    ended: bool = True
    latent: Tensor | None = None


class Replay:
    """Runs a pipeline step by step.  `denoisers` are its networks that the loop calls, by name."""

    def __init__(self, pipeline: Any, denoisers: Mapping[str, nn.Module]) -> None:
        self._pipeline = pipeline
        self._passage: Passage | None = None
        for name, network in denoisers.items():
            answer_for(network, functools.partial(self._denoised, name))
        put(pipeline.vae, "decode", functools.partial(self._decoded, pipeline.vae.decode))

    def begun(self, scheduler: Any, call: Mapping[str, Any]) -> bool:
        """Go to the loop, where the scheduler has its timesteps; says whether there is one."""
        passage = Passage(0, 0, {}, None, call["generator"])
        self._run(passage, scheduler, call)
        return not passage.ended

    def stepped(
        self, scheduler: Any, call: Mapping[str, Any], index: int, before: Mapping[str, Tensor],
        solver: Solver,
    ) -> tuple[Tensors, bool]:  # fmt: skip
        """Take step `index`; says what came of it, and whether the loop ended with it.

        `scheduler` is one without a schedule, as for `begun`; `solver` is brought a step further.
        """
        passage = Passage(index, index + 1, before, solver, call["generator"])
        self._run(passage, scheduler, call)
        return passage.made, passage.ended

    def latent(
        self, scheduler: Any, call: Mapping[str, Any], taken: int, before: Mapping[str, Tensor],
        solver: Solver,
    ) -> Tensor | None:  # fmt: skip
        """What the VAE would be given, were the steps taken the only ones; None for nothing."""
        passage = Passage(taken, float("inf"), before, solver, call["generator"])
        self._run(passage, scheduler, call)
        return passage.latent

    def _run(self, passage: Passage, scheduler: Any, call: Mapping[str, Any]) -> None:
        own = self._pipeline.scheduler
        scheduler.step = _like(
            scheduler.step, functools.partial(self._solved, scheduler, scheduler.step)
        )
        scheduler.__deepcopy__ = _refuse_a_copy
        self._pipeline.scheduler, self._passage = scheduler, passage
        try:
            self._pipeline(**call)
        except Left:
            pass
        finally:
            self._pipeline.scheduler, self._passage = own, None
            for name in OURS:
                vars(scheduler).pop(name, None)

    def _denoised(self, name: str, compute: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        passage = self._passage
        if passage is None:
            return compute(*args, **kwargs)
        if passage.taken >= passage.until:
            passage.ended = False
            raise Left
        passed_over = passage.taken < passage.past or passage.until == float("inf")
        if passed_over and f"{SHAPE}{name}.0" in passage.before:
            return _blank(name, passage.before, _seen(args, kwargs))
        made = compute(*args, **kwargs)
        batch = len(_seen(args, kwargs))
        for place, tensor in enumerate(_tensors_of(made)):
            passage.made[f"{SHAPE}{name}.{place}"] = torch.tensor([batch, *tensor.shape])
        return made

    def _solved(self, scheduler: Any, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        passage = self._passage
        assert passage is not None
        passage.taken += 1
        if passage.taken > passage.past and passage.until != float("inf"):
            made = step(*args, **kwargs)
            passage.made |= _named(made)
            if passage.solver is not None:
                _hand_over(scheduler, passage.generator, passage.solver)
            return made
        if passage.taken == passage.past and passage.solver is not None:
            vars(scheduler).update(_state(passage.solver.scheduler))
            passage.generator.set_state(passage.solver.generator.get_state())
        return _unnamed(passage.before)

    def _decoded(
        self, decode: Callable[..., Any], latent: Tensor, *args: Any, **kwargs: Any
    ) -> Any:
        passage = self._passage
        if passage is None:
            return decode(latent, *args, **kwargs)
        passage.latent = latent
        raise Left


def put(owner: Any, name: str, function: Callable[..., Any]) -> None:
    """Have a function stand for an object's own, under its signature."""
    setattr(owner, name, _like(getattr(owner, name), function))


def answer_for(network: nn.Module, answer: Callable[..., Any]) -> None:
    """Have a function answer calls of a network, given what would compute them: ahead of its hooks,
    which need not bring what is not used.
    """
    kind = type(network)

    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        return answer(functools.partial(kind.__call__, self), *args, **kwargs)

    named = {"__call__": called, "__module__": kind.__module__}
    network.__class__ = type(kind.__name__, (kind,), named)


def _like(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under the signature of the one it stands for: pipelines look at it."""

    @functools.wraps(original)
    def standing_in(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return standing_in


def _refuse_a_copy(memo: object) -> Any:
    raise InvalidInput(
        "The steps of this pipeline cannot be owned: it keeps more than one schedule.",
        remedy="Use a model of a family that Reelwright has code for.",
    )


def _state(scheduler: Any) -> dict[str, Any]:
    """What a scheduler holds, apart from its settings; lists, which it writes on, anew."""
    return {
        name: list(value) if isinstance(value, list) else value
        for name, value in vars(scheduler).items()
        if name != SETTINGS and name not in OURS
    }


def _hand_over(scheduler: Any, generator: torch.Generator, solver: Solver) -> None:
    vars(solver.scheduler).update(_state(scheduler))
    solver.generator.set_state(generator.get_state())


def _named(made: Any) -> Tensors:
    """What a scheduler gave, as tensors by place or by field, the pipeline's own left alone."""
    pairs = made.items() if isinstance(made, dict) else enumerate(made)
    return {f"{MADE}{name}": each.clone() for name, each in pairs if isinstance(each, Tensor)}


def _unnamed(before: Mapping[str, Tensor]) -> Any:
    made = {n.removeprefix(MADE): t.clone() for n, t in before.items() if n.startswith(MADE)}
    if "0" in made:
        return tuple(made[str(place)] for place in range(len(made)))
    return _answer(*made)(**made)


def _blank(name: str, before: Mapping[str, Tensor], like: Tensor) -> Any:
    """Nothing, in the sizes of what a denoiser gives; by place, or as its sample.

    With guidance or without it, a denoiser sees more samples or fewer.
    """
    blanks = []
    for key, sizes in sorted(before.items()):
        if key.startswith(f"{SHAPE}{name}."):
            seen, batch, *rest = sizes.tolist()
            blanks.append(like.new_zeros(batch * len(like) // seen, *rest))
    return _answer("sample", *(f"more_{place}" for place in range(1, len(blanks))))(*blanks)


@functools.lru_cache
def _answer(*fields: str) -> Any:
    """What can be read by place and by field, as pipelines do the one or the other."""
    return namedtuple("Answer", fields)


def _seen(args: Any, kwargs: Any) -> Tensor:
    """What a denoiser is given to look at, which pipelines name first."""
    return next(tensor for tensor in _tensors_of((args, kwargs)) if tensor.is_floating_point())


def _tensors_of(value: Any) -> Iterator[Tensor]:
    """The tensors in arguments or answers, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors_of(each)


@contextmanager
def own_randomness(seed: int, device: str) -> Iterator[None]:
    """What draws from the global generators draws the same each time, and leaves them be."""
    devices = [] if device == "cpu" else [torch.device(device)]
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
