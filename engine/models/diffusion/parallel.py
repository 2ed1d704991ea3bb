"""diffusers' denoisers on several GPUs: each rank computes its share of the tokens of a step.

A denoiser is left as it is.  While ranks work together, what its blocks are given along the tokens
is cut to this rank's share, attention among tokens is that of all ranks (`parallel.attend`), and
what the last layer makes of the tokens is joined again.  Words, which are few, are held whole by
every rank.  diffusers' own plans (`enable_parallelism`) are for three of these denoisers, want
lengths that divide evenly, and fail where words are masked (huggingface/diffusers#14316).

Shapes as in `engine.models.parallel`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import InvalidInput
from engine.models.memory.networks import phase_of
from engine.models.parallel import Team, attend, share, team, whole

VIDEO: Final = "hidden_states"
SOUND: Final = "audio_hidden_states"
"""Streams of tokens, named as the argument that carries them from block to block."""

Axes = Mapping[int, int]
"""Where an argument has its tokens, by how many axes it has; with others it has none."""
TOKENS: Final[Axes] = {3: 1}
EACH_TOKEN: Final[Axes] = {4: 1}
ROWS: Final[Axes] = {2: 0}
ROWS_OF_HEADS: Final[Axes] = {3: 0}
HEADS_OR_NOT: Final[Axes] = {3: 1, 4: 2}
TIMES: Final[Axes] = {2: 1}


@dataclass(frozen=True)
class Plan:
    """How a kind of denoiser is shared.

    `arguments` are what its blocks are given along a stream's tokens.  `attention` names the
    blocks' attention among tokens by the streams of its queries and of its keys; there may be words
    behind the tokens or (`words_first`) before them.  `last` are the layers whose tokens are the
    denoiser's own.  `times` are its timesteps, which may be one for each token.  `counted` is an
    argument of blocks that says how many of the first tokens are different.
    """

    blocks: tuple[str, ...]
    attention: Mapping[str, tuple[str, str]]
    arguments: Mapping[str, Mapping[str, Axes]]
    last: Mapping[str, str]
    times: Mapping[str, str]
    words_first: bool = False
    counted: str = ""


def _video(*blocks: str, among: str = "attn1", **along: Axes) -> Plan:
    """The plan of a denoiser of one stream."""
    return Plan(
        blocks,
        attention={among: (VIDEO, VIDEO)},
        arguments={VIDEO: {VIDEO: TOKENS, **along}},
        last={"proj_out": VIDEO},
        times={"timestep": VIDEO},
    )


_WAN: Final = _video("blocks", "vace_blocks", control_hidden_states=TOKENS, rotary_emb=EACH_TOKEN)
_LTX2: Final = Plan(
    ("transformer_blocks",),
    attention={
        "attn1": (VIDEO, VIDEO),
        "audio_attn1": (SOUND, SOUND),
        "audio_to_video_attn": (VIDEO, SOUND),
        "video_to_audio_attn": (SOUND, VIDEO),
    },
    arguments={
        VIDEO: {
            VIDEO: TOKENS,
            "video_rotary_emb": HEADS_OR_NOT,
            "ca_video_rotary_emb": HEADS_OR_NOT,
        },
        SOUND: {
            SOUND: TOKENS,
            "audio_rotary_emb": HEADS_OR_NOT,
            "ca_audio_rotary_emb": HEADS_OR_NOT,
        },
    },
    last={"proj_out": VIDEO, "audio_proj_out": SOUND},
    times={"timestep": VIDEO, "audio_timestep": SOUND},
)
PLANS: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "WanTransformer3DModel": _WAN,
        "WanVACETransformer3DModel": _WAN,
        "LTXVideoTransformer3DModel": _video("transformer_blocks", image_rotary_emb=TOKENS),
        "LTX2VideoTransformer3DModel": _LTX2,
        "MochiTransformer3DModel": _video("transformer_blocks", image_rotary_emb=ROWS_OF_HEADS),
        "CogVideoXTransformer3DModel": replace(
            _video("transformer_blocks", image_rotary_emb=ROWS), words_first=True
        ),
        "HunyuanVideoTransformer3DModel": replace(
            _video(
                "transformer_blocks",
                "single_transformer_blocks",
                among="attn",
                freqs_cis=ROWS,
                image_rotary_emb=ROWS,
            ),
            counted="num_tokens",
        ),
        "HunyuanVideo15Transformer3DModel": _video(
            "transformer_blocks", among="attn", freqs_cis=ROWS
        ),
    }
)

Masked = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
"""Attention of queries, keys and values [N, H, L, D] under a mask."""
_AMONG_TOKENS: Final[ContextVar[Callable[..., Tensor] | None]] = ContextVar("among", default=None)


@contextmanager
def across_ranks(networks: Mapping[str, nn.Module]) -> Iterator[None]:
    """What the denoisers among these networks compute inside, all ranks compute together.

    For who works alone nothing is changed.  Raises InvalidInput for a denoiser that cannot be
    shared among so many, on every rank, and before anything is computed.
    """
    now = team()
    if now is None:
        yield
        return
    with ExitStack() as undone:
        asking: set[str] = set()
        for name, network in networks.items():
            if phase_of(name) == "sample":
                asking |= _share_out(network, now, undone)
        for name in asking:
            _answer(sys.modules[name], undone)
        yield


def _share_out(network: nn.Module, now: Team, undone: ExitStack) -> set[str]:
    """Hook a denoiser; answers which modules its processors of attention come from."""
    kind = type(network).__name__
    if getattr(network, "shares_by_itself", False):  # it calls engine.models.parallel
        _check_heads(kind, {cast(Any, network).config.num_attention_heads}, now.size)
        return set()
    if kind not in PLANS:
        raise InvalidInput(
            f"The denoiser '{kind}' cannot be shared out among {now.size} workers.",
            remedy="Ask for one GPU.",
        )
    plan = PLANS[kind]
    shared = _Shared(plan, now)
    blocks = [block for name in plan.blocks for block in getattr(network, name, ())]
    attention: list[tuple[Any, tuple[str, str]]] = [
        (block.get_submodule(name), streams)
        for block in blocks
        for name, streams in plan.attention.items()
    ]
    _check_heads(kind, {each.heads for each, _ in attention}, now.size)
    hooks = [network.register_forward_pre_hook(shared.begin, with_kwargs=True)]
    hooks += [block.register_forward_pre_hook(shared.cut, with_kwargs=True) for block in blocks]
    for each, streams in attention:
        hooks.append(each.register_forward_pre_hook(partial(shared.look, streams)))
        hooks.append(each.register_forward_hook(shared.look_away, always_call=True))
    for name, stream in plan.last.items():
        last = network.get_submodule(name)
        hooks.append(last.register_forward_hook(partial(shared.join, stream)))
    for hook in hooks:
        undone.callback(hook.remove)
    return {type(each.processor).__module__ for each, _ in attention}


def _check_heads(kind: str, counts: set[int], size: int) -> None:
    for heads in sorted(counts):
        if heads % size:
            fits = [str(n) for n in range(1, heads + 1) if all(h % n == 0 for h in counts)]
            raise InvalidInput(
                f"The {heads} heads of '{kind}' cannot be shared out among {size} workers.",
                remedy=f"Ask for as many GPUs as divide them: {', '.join(fits)}.",
            )


class _Shared:
    """The tokens of a denoiser, of which this rank has its share from the first block on."""

    def __init__(self, plan: Plan, now: Team) -> None:
        self._plan = plan
        self._now = now
        self._lengths: dict[str, int] = {}

    def begin(self, network: nn.Module, given: Any, named: Any) -> tuple[Any, Any]:
        """The denoiser's arguments, its timesteps cut where there is one for each token."""
        self._lengths.clear()
        bound = signature(type(network).forward).bind(network, *given, **named)
        told = bound.arguments
        for name, stream in self._plan.times.items():
            times = told.get(name)
            if isinstance(times, Tensor) and times.ndim == 2 and times.shape[1] > 1:
                self._lengths[stream] = self._shareable(times.shape[1])
                told[name] = _cut(times, TIMES, self._lengths[stream])
        return bound.args[1:], bound.kwargs

    def cut(self, block: nn.Module, given: Any, named: Any) -> tuple[Any, Any]:
        """A block's arguments, with this rank's share of what there is for each token."""
        bound = signature(type(block).forward).bind(block, *given, **named)
        told = bound.arguments
        for stream, along in self._plan.arguments.items():
            self._lengths.setdefault(stream, self._shareable(told[stream].shape[1]))
            for name in along.keys() & told.keys():
                told[name] = _cut(told[name], along[name], self._lengths[stream])
        if told.get(self._plan.counted) is not None:
            told[self._plan.counted] = self._counted(told[self._plan.counted])
        return bound.args[1:], bound.kwargs

    def _shareable(self, length: int) -> int:
        """How many tokens of a stream are shared: all, or none of so few, which all ranks hold."""
        return length if length >= self._now.size else 0

    def _counted(self, first: int) -> int:
        """How many of the first tokens are in this rank's share."""
        sizes = self._now.sizes(self._lengths[VIDEO])
        begin = sum(sizes[: self._now.rank])
        return min(max(first - begin, 0), sizes[self._now.rank])

    def look(self, streams: tuple[str, str], attention: nn.Module, given: Any) -> None:
        _AMONG_TOKENS.set(partial(self._seen, streams))

    def look_away(self, attention: nn.Module, given: Any, made: Any) -> None:
        _AMONG_TOKENS.set(None)

    def _seen(
        self,
        streams: tuple[str, str],
        kernel: Masked,
        q_NHlD: Tensor,
        k_NHlD: Tensor,
        v_NHlD: Tensor,
        mask: Tensor | None,
    ) -> Tensor:
        """What attention sees among the tokens of all ranks."""
        length, keys = (self._lengths[stream] for stream in streams)
        mine = self._now.sizes(length)[self._now.rank]
        words = q_NHlD.shape[2] - mine
        before = words if self._plan.words_first else 0
        if mask is not None:
            for axis in (-2, -1):
                if mask.shape[axis] == mine + words:
                    mask = _stretched(mask, axis, before, mine, length)
        return attend(
            lambda q, k, v: kernel(q, k, v, mask),
            q_NHlD,
            k_NHlD,
            v_NHlD,
            length,
            keys=None if streams[0] == streams[1] else keys,
            before=before,
        )

    def join(self, stream: str, last: nn.Module, given: Any, made_BlC: Tensor) -> Tensor:
        """All tokens again, for what makes a video of them."""
        length = self._lengths.pop(stream)
        return whole(made_BlC, 1, length) if length else made_BlC


def _cut(value: Any, axes: Axes, length: int) -> Any:
    """This rank's share of what is still there for all tokens."""
    if isinstance(value, tuple):
        return tuple(_cut(each, axes, length) for each in value)
    axis = axes.get(value.ndim) if isinstance(value, Tensor) else None
    return value if axis is None or value.shape[axis] != length else share(value, axis)


def _stretched(mask: Tensor, axis: int, before: int, mine: int, length: int) -> Tensor:
    """A mask of this rank's places as one of all: in it, a video's tokens are all alike."""
    place = torch.arange(mask.shape[axis] - mine + length, device=mask.device)
    behind = place >= before + length
    place = torch.where(behind, place - length + mine, place.clamp(max=before))
    return mask.index_select(axis, place)


# Where processors ask for attention: one of two functions, by name in their module


def _answer(module: Any, undone: ExitStack) -> None:
    """Let what the processors of a module ask for be answered by all ranks."""
    name, answer = "F", cast(Any, _Functions())
    if hasattr(module, "dispatch_attention_fn"):
        name = "dispatch_attention_fn"
        answer = partial(_dispatched, module.dispatch_attention_fn)
    undone.callback(setattr, module, name, getattr(module, name))
    setattr(module, name, answer)


def _dispatched(
    kernel: Any, query: Tensor, key: Tensor, value: Tensor, attn_mask: Any = None, **options: Any
) -> Tensor:
    """diffusers' attention [B, L, H, D], by whichever backend."""
    among = _AMONG_TOKENS.get()
    if among is None:
        alone: Tensor = kernel(query, key, value, attn_mask=attn_mask, **options)
        return alone

    def turned(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        seen: Tensor = kernel(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask, **options
        )
        return seen.transpose(1, 2)

    q, k, v = (x.transpose(1, 2) for x in (query, key, value))
    return among(turned, q, k, v, attn_mask).transpose(1, 2)


class _Functions:
    """torch.nn.functional, with the attention of all ranks."""

    def __getattr__(self, name: str) -> Any:
        return getattr(F, name)

    def scaled_dot_product_attention(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Any = None, **options: Any
    ) -> Tensor:
        def kernel(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options)

        among = _AMONG_TOKENS.get()
        if among is None:
            return kernel(query, key, value, attn_mask)
        return among(kernel, query, key, value, attn_mask)
