"""Which agent gets which job, and that nobody is asked in vain."""

from __future__ import annotations

import pytest

from cluster_agent.broker.outcome import SendPrefetch
from cluster_agent.protocol.messages import Lease, Ready, Register, Submit
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    BOB,
    FORGE,
    MILL,
    Desk,
    info,
    machine,
    spec,
)


def given(desk: Desk) -> list[tuple[str, str]]:
    """Jobs and the agents that got them."""
    return [(work.lease.job, work.route.decode()) for work in desk.work]


def offer(desk: Desk, **models: str) -> None:
    """Agents register, each with one GPU on which a model is warm."""
    for name, model in models.items():
        about = info(name)
        desk.tell(machine(name), Register(info=about), Ready(number=1, free=(model,)))


@pytest.mark.parametrize(
    ("model", "agent"), [("wan", "b"), ("ltx", "c"), ("mochi", "a"), ("", "a")]
)
def test_a_job_goes_where_its_model_is_warm_and_else_where_none_is(model: str, agent: str) -> None:
    desk = Desk()
    offer(desk, a="", b="wan", c="ltx")
    desk.submit(spec(model=model))
    assert given(desk) == [("j1", agent)]


def test_a_model_is_displaced_where_there_is_no_other_room() -> None:
    desk = Desk()
    offer(desk, b="wan")
    desk.submit(spec(model="ltx"))
    assert given(desk) == [("j1", "b")]


def test_a_free_gpu_takes_a_job_whose_model_is_warm_before_an_older_one() -> None:
    desk = Desk()
    desk.submit(spec("old", model="ltx"))
    desk.submit(spec("new", model="wan"), peer=BOB)
    offer(desk, a="wan")
    assert given(desk) == [("j2", "a")]


@pytest.mark.parametrize(
    ("needs", "lack"),
    [
        ({"gpus": 2}, "2 GPUs in one machine"),
        ({"memory": 48 << 30}, "48 GiB of GPU memory"),
        ({"packs": {"wan": "2.0"}}, "node pack 'wan' 2.0"),
        ({"packs": {"ltx": "1.0"}}, "node pack 'ltx' 1.0"),
    ],
)
def test_a_job_that_no_agent_can_run_waits_and_says_why(
    needs: dict[str, object], lack: str
) -> None:
    desk = Desk()
    desk.arrive(MILL, info("mill", wan="1.4"))
    desk.submit(spec("big", **needs))
    desk.submit(spec("small", packs={"wan": "1.0"}), peer=BOB)
    live = desk.broker.live(1)
    assert live is not None
    assert (live.reason, live.place) == (f"No agent here has {lack}.", 0)
    assert given(desk) == [("j2", "mill")]


def test_a_job_starts_once_an_agent_comes_that_can_run_it() -> None:
    desk = Desk()
    desk.arrive(MILL)
    desk.submit(spec(memory=48 << 30))
    desk.arrive(FORGE, info("forge", memory=80))
    assert given(desk) == [("j1", "forge")]


def test_where_no_agent_is_the_reason_says_so() -> None:
    desk = Desk()
    desk.submit()
    live = desk.broker.live(1)
    assert live is not None
    assert live.reason == "No agent is here."


def test_an_agent_with_several_gpus_gets_as_many_jobs() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=3))
    desk.submit(*[spec(f"{n}") for n in range(5)])
    assert given(desk) == [("j1", "mill"), ("j2", "mill"), ("j3", "mill")]


def test_a_job_of_several_gpus_goes_where_they_are_free() -> None:
    desk = Desk()
    desk.arrive(FORGE, info("forge", gpus=4))
    desk.submit(spec("small"))
    desk.arrive(MILL, info(gpus=4))
    desk.submit(spec("wide", gpus=4))
    assert given(desk) == [("j1", "forge"), ("j2", "mill")]


def test_gpus_are_kept_for_a_job_of_several_that_waits() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=2))
    desk.submit(spec("long", seconds=100.0))
    desk.submit(spec("wide", gpus=2))
    desk.submit(spec("late", seconds=500.0), peer=BOB)
    assert given(desk) == [("j1", "mill")]
    desk.finish(desk.work[0].lease, seconds=100.0)
    desk.ready(MILL, "", "")
    assert given(desk)[1:] == [("j2", "mill")]


def test_a_gap_before_a_job_of_several_gpus_is_filled() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=2))
    desk.submit(spec("long", seconds=100.0))
    desk.submit(spec("wide", gpus=2))
    desk.submit(spec("short", seconds=20.0), peer=BOB)
    desk.wait(1.0, MILL)
    assert given(desk) == [("j1", "mill"), ("j3", "mill")]


def test_gpus_kept_for_a_job_that_is_cancelled_are_free_again() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=2))
    desk.submit(spec("long", seconds=100.0))
    desk.submit(spec("wide", gpus=2))
    desk.submit(spec("late", seconds=500.0), peer=BOB)
    desk.cancel("j2")
    assert given(desk) == [("j1", "mill"), ("j3", "mill")]


def test_gpus_kept_on_an_agent_that_dies_are_sought_elsewhere() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=2))
    desk.submit(spec("long", seconds=100.0))
    desk.submit(spec("wide", gpus=2))
    desk.wait(11.0)
    desk.arrive(FORGE, info("forge", gpus=3))
    assert given(desk)[1:] in (
        [("j2", "forge"), ("j1", "forge")],
        [("j1", "forge"), ("j2", "forge")],
    )


def test_an_agent_whose_gpus_are_taken_hears_what_comes_next() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a", model="wan"), spec("b", model="ltx"))
    assert desk.prefetches == [SendPrefetch(b"mill", 2, "ltx")]


def test_an_agent_is_told_once_what_comes_next() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a"), spec("b", model="ltx"))
    desk.submit(spec("c", tier="premium"), peer=BOB)
    desk.finish(desk.work[0].lease, seconds=60.0)
    desk.ready()
    assert given(desk) == [("j1", "mill"), ("j3", "mill")]
    assert desk.prefetches == [SendPrefetch(b"mill", 2, "ltx")]


def test_a_batch_is_given_out_at_once_and_fairly() -> None:
    desk = Desk()
    for number in range(6):
        peer = machine(f"m{number}")
        desk.tell(peer, Register(info=info(peer.route.decode())), Ready(number=1, free=("",)))
    for peer in (ANN, BOB):
        jobs = tuple(spec(f"{n}") for n in range(6))
        desk.broker.receive(peer, Submit(jobs=jobs), desk.now)
    desk.settle()
    users = [work.user for work in desk.work]
    assert (users.count("ann"), users.count("bob")) == (3, 3)


def test_idle_agents_are_not_asked_again_for_a_job_that_none_of_them_can_run() -> None:
    desk = Desk()
    for number in range(50):
        desk.arrive(machine(f"m{number}"))
    desk.submit(spec("impossible", packs={"none": "1"}))
    builds = desk.broker._dispatcher._builds.values()
    assert [build.barren for build in builds] == [True]
    desk.submit(spec("impossible too", packs={"none": "1"}))
    assert [build.barren for build in builds] == [True]
    desk.submit(spec("possible"), peer=BOB)
    assert given(desk) == [("j3", "m0")]


def test_a_lease_is_never_given_twice_while_it_lives() -> None:
    desk = Desk()
    desk.arrive(MILL)
    desk.submit()
    desk.arrive(FORGE)
    for number in range(2, 20):
        desk.tell(MILL, Ready(number=1000 + number, free=("",)))
        desk.tell(FORGE, Ready(number=1000 + number, free=("",)))
    assert [work.lease for work in desk.work] == [Lease(job="j1", epoch=1)]
