"""The loop that every sampling node runs: steps, checkpoints, progress and previews."""

from __future__ import annotations

from functools import partial

from engine.errors import Cancelled
from engine.graph.context import Context, Snapshot
from engine.models.family import Family, SampleRequest, SampleState
from engine.values import Latent


def sampled(ctx: Context, family: Family, request: SampleRequest, checkpoint_every: int) -> Latent:
    """The latent of a request, from its newest checkpoint on if there is one.

    A step that runs out of memory is taken again with more room; one can be stopped within.
    """
    from engine.models.interruption import interruptible
    from engine.models.memory.relief import Sparing, relieved

    make_room = partial(relieved, models=ctx.models, handle=family.handle, tell=ctx.note)
    kept = _kept(ctx, request)
    if isinstance(family, Sparing) and (said := family.settle_memory(request, kept)) is not None:
        ctx.note(said)
    if kept is None:
        state = make_room(partial(family.begin, request))
    else:
        state = make_room(partial(family.restore, request, kept))
    try:
        while state.step < state.steps:
            with interruptible(ctx.check):
                state = make_room(partial(family.step, request, state))
            if state.step % checkpoint_every == 0 or state.step == state.steps:
                ctx.save(_snapshot(state))
            ctx.progress(state.step, state.steps)
            ctx.preview(partial(family.preview, state))
    except Cancelled:
        ctx.save(_snapshot(state))  # whoever stops a run loses no step of it
        raise
    return family.finish(request, state)


def _kept(ctx: Context, request: SampleRequest) -> SampleState | None:
    """Where the newest checkpoint stands, None if there is none."""
    snapshot = ctx.resume()
    if snapshot is None:
        return None
    tensors, scalars = dict(snapshot.tensors), dict(snapshot.scalars)
    return SampleState(snapshot.step, request.steps, tensors, scalars)


def _snapshot(state: SampleState) -> Snapshot:
    return Snapshot(state.step, state.tensors, state.scalars)
