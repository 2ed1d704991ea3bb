"""A memo holds for one very object, and only as long as that lives."""

from __future__ import annotations

import gc

from engine.graph.document import NodeSpec
from engine.graph.identity_memo import IdentityMemo
from tests.engine.graph.samples import node


def test_equal_objects_are_told_apart() -> None:
    memo = IdentityMemo[NodeSpec, int]()
    one, two = node("paint"), node("paint")
    memo.put(one, 1)
    assert one == two
    assert (memo.get(one), memo.get(two)) == (1, None)


def test_an_entry_goes_with_its_object() -> None:
    memo = IdentityMemo[NodeSpec, int]()
    memo.put(node("paint"), 1)
    gc.collect()
    assert len(memo) == 0


def test_a_new_value_replaces_the_old_one() -> None:
    memo = IdentityMemo[NodeSpec, int]()
    spec = node("paint")
    memo.put(spec, 1)
    assert memo.put(spec, 2) == 2
    assert (memo.get(spec), len(memo)) == (2, 1)
