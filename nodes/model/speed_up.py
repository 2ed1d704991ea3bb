"""The node that makes a model sample faster."""

from __future__ import annotations

from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import VideoModel


class SpeedUp(
    Node,
    type="model.speed",
    category="Model",
    aliases=(
        "step cache",
        "first block cache",
        "magcache",
        "taylorseer",
        "teacache",
        "attention",
        "flash",
        "sage",
        "compile",
        "decode",
        "half precision",
        "fast",
    ),
):
    """Speed up a model: pass over what changes little, compute faster, decode in half precision."""

    model: In[VideoModel]
    cache: Literal["none", "first block", "magcache", "taylorseer"] = Param(
        "first block",
        help="What stands in for blocks whose work hardly changes from step to step: their last "
        "result, where the first block (or what was measured on the model, 'magcache') says so, "
        "or a forecast ('taylorseer'). 'none' computes everything.",
    )
    threshold: float = Param(
        0.0,
        zero="auto",
        ge=0,
        le=1,
        step=0.01,
        help="How much change 'first block' and 'magcache' overlook: more is faster and less true; "
        "0 is 0.05 and 0.06.",
    )
    interval: int = Param(
        0,
        zero="auto",
        ge=0,
        le=10,
        unit="steps",
        help="Every how many steps 'taylorseer' computes: more is faster and less true; 0 is 3.",
    )
    attention: Literal["auto", "native", "flash", "flash 3", "cudnn", "sage", "flex"] = Param(
        "auto",
        help="What computes attention; 'auto' takes the fastest exact one that is here. 'sage' "
        "rounds to 8 bits.",
    )
    compile: bool = Param(
        False,
        help="Compile the model's blocks: minutes the first time on a computer, seconds after "
        "that, and faster steps.",
    )
    decode: Literal["auto", "bfloat16"] = Param(
        "auto",
        help="What frames are computed in; 'auto' is what the model's VAE is held in, for Wan "
        "float32. 'bfloat16' is near-lossless, takes half the memory, and on GPUs less time.",
    )

    def run(self, ctx: Context) -> VideoModel:
        from dataclasses import replace

        from engine.models.speed.choice import speed_of

        speed = speed_of(
            self.model,
            cache=self.cache,
            threshold=self.threshold,
            interval=self.interval,
            attention=self.attention,
            compiled=self.compile,
            decoding=self.decode,
        )
        return replace(self.model, speed=speed)
