"""The loop that every sampling node runs: steps, checkpoints, progress and previews."""

from __future__ import annotations

from functools import partial

from engine.errors import Cancelled
from engine.graph.context import Context, Snapshot
from engine.models.family import Family, SampleRequest, SampleState
from engine.values import Latent


def sampled(ctx: Context, family: Family, request: SampleRequest, checkpoint_every: int) -> Latent:
    """The latent of a request, from its newest checkpoint on if there is one."""
    state = _begun(ctx, family, request)
    try:
        while state.step < state.steps:
            state = family.step(request, state)
            if state.step % checkpoint_every == 0 or state.step == state.steps:
                ctx.save(_snapshot(state))
            ctx.progress(state.step, state.steps)
            ctx.preview(partial(family.preview, state))
    except Cancelled:
        ctx.save(_snapshot(state))  # whoever stops a run loses no step of it
        raise
    return family.finish(request, state)


def _begun(ctx: Context, family: Family, request: SampleRequest) -> SampleState:
    snapshot = ctx.resume()
    if snapshot is None:
        return family.begin(request)
    tensors, scalars = dict(snapshot.tensors), dict(snapshot.scalars)
    return family.restore(request, SampleState(snapshot.step, request.steps, tensors, scalars))


def _snapshot(state: SampleState) -> Snapshot:
    return Snapshot(state.step, state.tensors, state.scalars)
