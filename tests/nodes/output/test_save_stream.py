"""Writing a video as a stream of signed segments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import Cancelled
from engine.trust.ledger import Ledger
from engine.trust.verification import State
from engine.trust.verify import verify
from nodes.output.save_stream import SaveStream
from tests.nodes.pictures import clip, tone
from tests.nodes.recording import RecordingContext


def saver(*, sign: bool) -> SaveStream:
    heard = replace(clip(48), audio=tone(3))
    return SaveStream(
        clip=heard,
        name="stream_{seed}",
        seconds=2.0,
        codec="h264",
        quality=-1,
        classifiers="",
        faces="",
        mark=True,
        label="none",
        sign=sign,
        overwrite=False,
    )


def test_a_stream_comes_out_whole_signed_marked_and_known_to_the_ledger(
    context: RecordingContext,
) -> None:
    made = saver(sign=True).run(context)
    assert (made.path.name, made.kind, made.signed) == ("stream_7", "stream", True)
    names = {each.name for each in made.path.iterdir()}
    assert {"stream.mpd", "master.m3u8", "init_0.mp4", "init_1.mp4", "graph.reel"} < names
    assert not [name for name in names if "whole" in name]
    answer = verify(made.path)
    assert (answer.state, answer.claims.document) == (State.INTACT, context.document)
    assert answer.claims.release is not None
    (mark,) = (each for each in answer.claims.release.marks if each.bound)
    (entry,) = Ledger().marked(mark)
    assert (entry.title, entry.digest) == ("stream_7", made.digest)
    assert entry.manifest


def test_without_a_signature_it_is_not_signed(context: RecordingContext) -> None:
    made = saver(sign=False).run(context)
    assert not made.signed
    assert verify(made.path).state is State.UNSIGNED


def test_cancelling_leaves_nothing_behind(context: RecordingContext) -> None:
    context.cancel_at = 1
    with pytest.raises(Cancelled):
        saver(sign=False).run(context)
    assert not list(context.output.iterdir())
