"""Which blobs the jobs of a store refer to."""

from __future__ import annotations

from cluster_agent.broker.daemon import REFERENCES
from cluster_agent.broker.references import PAGE, References
from cluster_agent.protocol.job_spec import InputFile, JobSpec, ResultFile
from cluster_agent.protocol.messages import Checkpoint, State
from cluster_agent.protocol.wire import encode_spec
from cluster_agent.store.memory import MemoryStore
from cluster_agent.store.protocol import Changes
from tests.cluster_agent.broker.shell import Shell
from tests.cluster_agent.store.samples import a_job


def digest(number: int, what: int) -> str:
    return f"{number:062x}{what:02x}"


def filled(count: int, state: State = "FAILED") -> MemoryStore:
    store = MemoryStore()
    store.open()
    changes = Changes()
    for number in range(1, count + 1):
        job = changes.jobs[number] = a_job(number, state=state)
        size, step = 1, 10
        job.results = (ResultFile(path="a.mp4", node="n", digest=digest(number, 1), size=size),)
        job.checkpoints = (
            Checkpoint(fingerprint="ab" * 16, step=step, digest=digest(number, 2), size=size),
        )
        file = InputFile(path="inputs/a.png", digest=digest(number, 3), size=size)
        spec = JobSpec(key="k", graph_digest=digest(number, 4), inputs=(file,))
        changes.specs[number] = encode_spec(spec)
    store.commit(changes)
    return store


def walked(store: MemoryStore) -> tuple[int, frozenset[str]]:
    walk, steps = References(store), 1
    while (found := walk.step()) is None:
        steps += 1
    return steps, found


def test_results_checkpoints_inputs_and_graphs_of_all_jobs_are_found_page_by_page() -> None:
    count = 2 * PAGE + 50
    steps, found = walked(filled(count))
    assert steps == 3
    assert found == {digest(number, what) for number in range(1, count + 1) for what in range(1, 5)}


def test_a_full_last_page_ends_too() -> None:
    steps, found = walked(filled(PAGE))
    assert steps == 2
    assert len(found) == 4 * PAGE


def test_checkpoints_of_what_is_done_are_not_needed() -> None:
    _, found = walked(filled(1, "COMPLETED"))
    assert found == {digest(1, what) for what in (1, 3, 4)}


def test_a_daemon_tells_what_is_referred_to_now_and_then() -> None:
    told: list[frozenset[str]] = []
    shell = Shell(referred=told.append)
    shell.turns(2)
    assert told == []
    shell.pass_time(REFERENCES)
    shell.turns(3)
    assert told == [frozenset()]
    shell.turns(3)
    assert len(told) == 1
