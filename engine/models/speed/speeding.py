"""How fast a loaded model samples: what its handle asks for, done to its denoisers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import torch

from engine.errors import InvalidInput
from engine.models.family import SampleRequest, SampleState
from engine.models.memory.networks import phase_of
from engine.models.memory.placed import Placed
from engine.models.memory.plan import Placement
from engine.models.parallel import team
from engine.models.speed import attention
from engine.models.speed.caches import Remembered, cached, check_cache
from engine.models.speed.compiled import Compiled, missing_compiler
from engine.models.speed.decoding import HALF, half_bytes, in_half
from engine.values import Speed
from engine.values.model import AttentionKernel


class Speeding:
    """The networks of one model, made to work as a `Speed` says; nothing is loaded anew for it."""

    def __init__(self, title: str, placed: Placed) -> None:
        self._title = title
        self._placed = placed
        self._device = placed.device
        self._denoisers = {
            name: network for name, network in placed.networks.items() if phase_of(name) == "sample"
        }
        self._compiled = Compiled(self._denoisers)
        self._kernels: dict[str, AttentionKernel] = dict.fromkeys(self._denoisers, "native")
        self._turned: tuple[Speed, bool] | None = None

    def check(self, speed: Speed) -> None:
        """Raises InvalidInput for what the model or this computer cannot do."""
        check_cache(self._title, speed, self._denoisers)
        self._chosen(speed)
        if speed.compiled and not self._compiled.can:
            raise InvalidInput(
                f"{self._title} cannot be compiled block by block.", remedy="Do not compile it."
            )

    def sentence(self, speed: Speed) -> str | None:
        """What is done, for the user; None where nothing is."""
        done = []
        if speed.cache != "none":
            done.append(f"step cache '{speed.cache}'")
        kernels = sorted({kernel for kernel in self._chosen(speed).values() if kernel != "native"})
        done += [f"attention by '{kernel}'" for kernel in kernels]
        if speed.compiled:
            hindrance = self._hindrance()
            done.append(f"not compiled, as {hindrance}" if hindrance else "compiled blocks")
        if self.decoding_bytes(speed):
            done.append("decoding in bfloat16")
        return f"Speed: {', '.join(done)}." if done else None

    def turn(self, speed: Speed) -> None:
        """Work as a speed says from here on.  Raises InvalidInput where this computer cannot."""
        wanted = speed, team() is not None
        if wanted == self._turned:  # at every step but the first
            return
        self._turned = None
        for name, kernel in self._chosen(speed).items():
            if kernel != self._kernels[name]:
                attention.use(self._denoisers[name], kernel)
                self._kernels[name] = kernel
        compiled = self._compiles(speed)
        if compiled != self._compiled.on:
            # Whatever brings blocks to the device one by one lies above what is compiled.
            if self._placed.way.in_blocks:
                self._placed.change(Placement(self._placed.way, 0))
            self._compiled.turn(compiled)
        self._turned = wanted

    @contextmanager
    def step(
        self, speed: Speed, request: SampleRequest, state: SampleState
    ) -> Iterator[Remembered]:
        """Inside, one step of a sample is taken with the speed's cache.

        Afterwards, what is to be remembered for the next step is in what this gives.
        """
        if speed.cache == "none":
            yield Remembered()
            return
        check_cache(self._title, speed, self._denoisers)
        with cached(self._denoisers, speed, request, state, self._device) as remembered:
            yield remembered

    def decoding(
        self, speed: Speed
    ) -> tuple[Callable[[], AbstractContextManager[None]], torch.dtype | None]:
        """What frames are decoded inside of, each time anew, to be as the speed says; and what the
        latent is to be in, None where it may stay as it is.
        """
        if not self.decoding_bytes(speed):
            return nullcontext, None
        return partial(in_half, self._placed.networks["vae"]), HALF

    def decoding_bytes(self, speed: Speed) -> int:
        """What the decoder's weights take beside those that are held."""
        vae = self._placed.networks.get("vae")
        return 0 if vae is None or speed.decoding == "auto" else half_bytes(vae)

    def _chosen(self, speed: Speed) -> dict[str, AttentionKernel]:
        """The kernel of each denoiser's attention."""
        return {
            name: attention.chosen_for(
                speed.attention, denoiser, self._device, self._title, self._compiles(speed)
            )
            for name, denoiser in self._denoisers.items()
        }

    def _compiles(self, speed: Speed) -> bool:
        """Whether blocks are compiled: where that cannot be, they stay as they are."""
        return speed.compiled and not self._hindrance()

    def _hindrance(self) -> str:
        """Why blocks are not compiled; '' where nothing is in the way."""
        if team() is not None:
            return "several GPUs share its steps"  # what is exchanged hangs on parts of blocks
        missing = missing_compiler(self._device)
        return f"{missing} is missing" if missing else ""
