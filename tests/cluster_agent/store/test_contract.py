"""What every store promises, tried on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cluster_agent.broker.records import ENDED
from cluster_agent.protocol.messages import ListJobs
from cluster_agent.scheduling.estimates import Kind, Mean
from cluster_agent.store.memory import MemoryStore, Tables
from cluster_agent.store.protocol import Changes, Fenced, FlowRow, Store
from cluster_agent.store.rows import FIELDS, STATES, VERSION
from cluster_agent.store.sqlite import SqliteStore
from tests.cluster_agent.store.samples import a_full_job, a_job, an_event, some

Cut = Callable[[], None]


class Place:
    """Somewhere that keeps a queue: any number of stores may be made on it."""

    def __init__(self, make: Callable[[], Store], cut_off: Cut = lambda: None) -> None:
        self._make = make
        self._made: list[Store] = []
        self.cut_off = cut_off  # loosens the grip of a broker that lives on elsewhere

    def store(self) -> Store:
        self._made.append(self._make())
        return self._made[-1]

    def close(self) -> None:
        for store in self._made:
            store.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "memory":
        tables = Tables()
        made = Place(lambda: MemoryStore(tables))
    elif request.param == "sqlite":
        made = Place(lambda: SqliteStore(tmp_path / "queue.db"))
    else:
        server = request.getfixturevalue("postgres_server")
        from cluster_agent.store.postgres import PostgresStore

        address = server.new_database()
        made = Place(lambda: PostgresStore(address), server.cut_off)
    yield made
    made.close()


@pytest.fixture
def store(place: Place) -> Store:
    opened = place.store()
    opened.open()
    return opened


def test_a_new_one_is_empty(place: Place) -> None:
    loaded = place.store().open()
    assert (loaded.term, loaded.jobs, loaded.keys) == (1, [], {})
    assert (loaded.flows, loaded.means) == ([], [])
    assert (loaded.last_number, loaded.last_event, loaded.oldest_event) == (0, 0, 1)


def test_what_was_committed_is_there_for_the_next_broker(place: Place, store: Store) -> None:
    flows = {
        ("free", ""): FlowRow("free", "", 1.5, 2.5, True, 1.0, None, None, None),
        ("free", "ada"): FlowRow("free", "ada", 0.1, 0.2, False, 2.0, 4, 1e9, 10),
    }
    means = {("wan", 2**64 - 1, 50): Mean(Kind("wan", 2**64 - 1, 50), 1.25, 7)}
    changes = some(a_job(1), a_job(2), events=3)
    changes.flows, changes.means = flows, means  # type: ignore[assignment]
    store.commit(changes)
    store.close()

    again = place.store()
    loaded = again.open()
    assert loaded.term == 2
    assert loaded.jobs == [a_job(1), a_job(2)]
    assert loaded.keys == {("ada", "key 1"): 1, ("ada", "key 2"): 2}
    assert sorted(loaded.flows) == sorted(flows.values())
    assert loaded.means == list(means.values())
    assert (loaded.last_number, loaded.last_event, loaded.oldest_event) == (2, 3, 1)
    assert again.specs([2, 1, 9]) == {1: b"spec of 1", 2: b"spec of 2"}
    assert list(again.events(1, 10)) == [an_event(2), an_event(3)]


def test_every_field_of_a_job_comes_back(store: Store) -> None:
    job = a_full_job(17)
    plain = a_job(17)
    same = {name for name in FIELDS if getattr(job, name) == getattr(plain, name)}
    assert same <= {"number", "tier", "priority", "model", "steps", "gpus", "memory", "seconds",
                    "attempts", "packs", "label", "created"}  # fmt: skip
    store.commit(some(job))
    (found,) = store.jobs([17])
    assert found == job
    assert [type(getattr(found, name)) for name in FIELDS] == [
        type(getattr(job, name)) for name in FIELDS
    ]


def test_a_changed_record_is_a_new_version_of_the_format() -> None:
    assert VERSION == 1
    assert " ".join(FIELDS) == (
        "number user key tier priority model size steps gpus memory seconds attempts timeout after"
        " packs label rank created state paused cancelled epoch agent failures failed_on preempted"
        " step started ended charged counted error checkpoints results"
    )


def test_the_newest_of_each_thing_counts(place: Place, store: Store) -> None:
    store.commit(some(a_job(1)))
    moved = replace(a_job(1), state="ASSIGNED", epoch=3, agent="gpu-1")
    row = FlowRow("free", "", 1.0, 2.0, False, 1.0, None, None, None)
    mean = Mean(Kind("wan", 1, 2), 1.0, 1)
    for tag in (1.0, 2.0):
        store.commit(
            Changes(
                jobs={1: moved},
                flows={("free", ""): row._replace(tag=tag)},
                means={mean.kind: mean._replace(seconds=tag)},
            )
        )
    store.close()
    loaded = place.store().open()
    assert loaded.jobs == [moved]
    assert loaded.flows == [row._replace(tag=2.0)]
    assert loaded.means == [mean._replace(seconds=2.0)]


def test_a_record_that_is_changed_later_is_not_changed_in_the_store(store: Store) -> None:
    job = a_job(1)
    store.commit(some(job))
    job.state = "CANCELLED"
    (found,) = store.jobs([1])
    assert found.state == "QUEUED"
    found.state = "FAILED"
    assert store.jobs([1])[0].state == "QUEUED"


def test_ended_jobs_are_not_loaded_but_known(place: Place, store: Store) -> None:
    jobs = [a_job(n, state=state, ended=5.0) for n, state in enumerate(sorted(ENDED), 1)]
    store.commit(some(*jobs, a_job(9)))
    store.close()
    again = place.store()
    loaded = again.open()
    assert [job.number for job in loaded.jobs] == [9]
    assert len(loaded.keys) == 5
    assert again.jobs([4, 3, 2, 1, 7]) == jobs[::-1]


def test_a_job_that_is_retried_is_loaded_again(place: Place, store: Store) -> None:
    store.commit(some(a_job(1, state="FAILED", ended=5.0)))
    again = a_job(1, ended=5.0)
    store.commit(some(again))
    assert store.forget(10.0, 10, 10).keys == ()
    store.close()
    assert place.store().open().jobs == [again]


def test_jobs_come_by_rank(place: Place, store: Store) -> None:
    ranked = [replace(a_job(n), rank=rank) for n, rank in ((1, 5), (2, -3), (3, 0), (4, -3))]
    store.commit(some(*ranked))
    store.close()
    assert [job.number for job in place.store().open().jobs] == [2, 4, 3, 1]


def test_listing_is_newest_first_and_in_pages(store: Store) -> None:
    store.commit(some(*(a_job(n) for n in range(1, 8))))
    first = store.list_jobs(ListJobs(limit=3))
    assert [job.number for job in first] == [7, 6, 5]
    second = store.list_jobs(ListJobs(limit=3, before=first[-1].id))
    assert [job.number for job in second] == [4, 3, 2]


def test_listing_chooses_by_state_and_user(store: Store) -> None:
    jobs = [
        a_job(n, user=("ada", "bob")[n % 2], state=state, ended=1.0 if state in ENDED else None)
        for n, state in enumerate(STATES * 2, 1)
    ]
    store.commit(some(*jobs))
    for user in (None, "ada", "bob", "nobody"):
        for states in ((), ("QUEUED",), ("FAILED", "QUEUED", "FAILED"), STATES):
            query = ListJobs(user=user, states=states)
            assert store.list_jobs(query) == [
                job
                for job in reversed(jobs)
                if user in (None, job.user) and (not states or job.state in states)
            ]


def test_events_are_told_after_a_number(store: Store) -> None:
    store.commit(some(events=5))
    store.commit(some(events=5, first_event=6))
    assert [event.seq for event in store.events(0, 3)] == [1, 2, 3]
    assert [event.seq for event in store.events(7, 100)] == [8, 9, 10]
    assert list(store.events(10, 100)) == []


def test_forgetting_removes_what_ended_long_ago(store: Store) -> None:
    ended = [a_job(n, state="COMPLETED", ended=float(n)) for n in range(1, 6)]
    store.commit(some(*ended, a_job(6)))
    done = store.forget(3.5, 100, 100)
    assert sorted(done.keys) == [("ada", "key 1"), ("ada", "key 2"), ("ada", "key 3")]
    assert not done.more
    assert [job.number for job in store.list_jobs(ListJobs())] == [6, 5, 4]
    assert sorted(store.specs(range(10))) == [4, 5, 6]


def test_forgetting_keeps_the_newest_events(store: Store) -> None:
    store.commit(some(events=10))
    done = store.forget(0.0, 4, 100)
    assert (done.oldest_event, done.more) == (7, False)
    assert [event.seq for event in store.events(0, 100)] == [7, 8, 9, 10]
    assert store.forget(0.0, 4, 100).oldest_event == 7


def test_forgetting_takes_no_more_than_it_is_told_to(store: Store) -> None:
    ended = [a_job(n, state="FAILED", ended=float(n)) for n in range(1, 6)]
    store.commit(some(*ended, events=5))
    done = store.forget(100.0, 0, 2)
    assert sorted(done.keys) == [("ada", "key 1"), ("ada", "key 2")]
    assert (done.oldest_event, done.more) == (3, True)
    while done.more:
        done = store.forget(100.0, 0, 2)
    assert store.list_jobs(ListJobs()) == []
    assert list(store.events(0, 10)) == []


def test_numbers_are_not_given_again_once_forgotten(place: Place, store: Store) -> None:
    store.commit(some(a_job(41, state="FAILED", ended=1.0), events=12))
    assert store.forget(10.0, 0, 100).oldest_event == 13
    store.close()
    loaded = place.store().open()
    assert (loaded.last_number, loaded.last_event, loaded.oldest_event) == (41, 12, 13)
    assert loaded.keys == {}


def test_a_broker_that_was_replaced_is_fenced_and_writes_nothing(place: Place) -> None:
    old, new = place.store(), place.store()
    term = old.open().term
    old.commit(some(a_job(1)))
    place.cut_off()
    loaded = new.open()
    assert (loaded.term, loaded.jobs) == (term + 1, [a_job(1)])
    with pytest.raises(Fenced, match="taken over"):
        old.commit(some(a_job(1, state="CANCELLED", ended=1.0), a_job(2), events=1))
    with pytest.raises(Fenced):
        old.forget(1e9, 0, 100)
    assert new.list_jobs(ListJobs()) == [a_job(1)]
    assert list(new.events(0, 10)) == []
    new.commit(some(a_job(3)))
    assert [job.number for job in new.list_jobs(ListJobs())] == [3, 1]


def test_it_answers_as_the_one_in_memory_does(place: Place) -> None:
    chance = Random(7)
    model, store = MemoryStore(), place.store()
    for each in (model, store):
        each.open()
    seq = 0
    for turn in range(30):
        jobs = []
        for number in {chance.randint(1, 40) for _ in range(6)}:
            state = chance.choice(STATES)
            ended = float(turn) if state in ENDED else None
            owner = ("ada", "bob", "cyd")[number % 3]
            jobs.append(replace(a_job(number, user=owner, state=state), ended=ended))
        changes = some(*jobs, events=3, first_event=seq + 1)
        seq += 3
        for each in (model, store):
            each.commit(changes)
        query = ListJobs(
            states=tuple(chance.sample(STATES, 3)),
            user=chance.choice(["ada", "bob", None]),
            limit=chance.randint(1, 9),
        )
        assert store.list_jobs(query) == model.list_jobs(query)
        assert list(store.events(seq - 10, 7)) == list(model.events(seq - 10, 7))
        if turn % 5 == 4:
            kept = [each.forget(turn - 3.0, 12, 8) for each in (model, store)]
            assert sorted(kept[0].keys) == sorted(kept[1].keys)
            assert kept[0][1:] == kept[1][1:]
            first, second = model.open(), store.open()
            assert (first.jobs, first.keys) == (second.jobs, second.keys)
            assert (first.last_event, first.oldest_event) == (
                second.last_event,
                second.oldest_event,
            )
