"""A key that is away is told in the queue at once, before anything is sampled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster_agent.agent.graphs import sampled
from tests.studio.machines.studio import Studio, document


def test_a_run_ends_with_the_sentence_before_its_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "nobody")
    signed = sampled(200, 200).replace(b'"sign": false', b'"sign": true')
    with Studio(tmp_path) as studio:
        (key,) = studio.ready().desk.submit(document(signed))
        run = studio.until_state(key, "failed")
    assert "No package offers the identity 'nobody'" in run.error
    assert run.done == 0
