"""Who is served next, what it costs them, and what users may do to their waiting jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

import pytest

from cluster_agent.scheduling.fair_queue import FairQueue, Job, Policy, Slot, Terms
from engine.errors import InvalidInput
from tests.benchmarks.fair_queue import Fifo, Fleet, simulate

ANY = Slot("host")
ids = count()


def job(
    user: str,
    seconds: float = 10.0,
    tier: str = "free",
    *,
    id: str = "",
    model: str = "wan",
    gpus: int = 1,
    priority: int = 100,
) -> Job:
    return Job(id or f"{user}-{next(ids)}", user, tier, model, seconds, gpus, priority)


def queue_of(*jobs: Job, slack: float = 0.0, terms: Terms | None = None) -> FairQueue:
    queue = FairQueue(Policy(slack=slack, terms=terms or Terms()))
    for each in jobs:
        queue.submit(each)
    return queue


def users_served(queue: FairQueue, times: int, slot: Slot = ANY) -> list[str]:
    """Whose jobs start, one after the other, with '-' where none does."""
    taken = [queue.take(slot, 0.0) for _ in range(times)]
    return ["-" if each is None else each.user for each in taken]


def test_an_empty_queue_has_nothing_to_start() -> None:
    assert FairQueue().take(ANY, 0.0) is None


def test_users_take_turns_whatever_they_queued() -> None:
    many = [job("ann") for _ in range(5)]
    queue = queue_of(*many, job("bob"), job("bob"))
    assert users_served(queue, 8) == ["ann", "bob", "ann", "bob", "ann", "ann", "ann", "-"]


def test_a_user_with_jobs_twice_as_long_runs_half_as_many() -> None:
    queue = queue_of(*[job("ann", 20.0) for _ in range(9)], *[job("bob", 10.0) for _ in range(9)])
    served = users_served(queue, 9)
    assert (served.count("ann"), served.count("bob")) == (3, 6)


def test_a_job_on_two_gpus_counts_twice() -> None:
    pairs = [job("ann", gpus=2) for _ in range(9)]
    queue = queue_of(*pairs, *[job("bob") for _ in range(9)])
    served = users_served(queue, 9, Slot("host", free=8, size=8))
    assert (served.count("ann"), served.count("bob")) == (3, 6)


def test_tiers_share_eight_to_three_to_one() -> None:
    tiers = ("premium", "standard", "free")
    queue = queue_of(*[job(tier, tier=tier) for tier in tiers for _ in range(40)])
    served = users_served(queue, 48)
    assert [served.count(tier) for tier in tiers] == [32, 12, 4]


def test_a_heavier_user_gets_its_weight() -> None:
    queue = queue_of(*[job(user) for user in ("ann", "bob") for _ in range(20)])
    queue.agree("free", "bob", Terms(weight=3.0))
    served = users_served(queue, 20)
    assert (served.count("ann"), served.count("bob")) == (5, 15)


def test_idling_earns_no_credit() -> None:
    queue = queue_of(*[job("ann") for _ in range(20)])
    users_served(queue, 10)
    for _ in range(5):
        queue.submit(job("bob"))
    assert users_served(queue, 6).count("bob") == 3


def test_a_tier_that_idles_earns_no_credit() -> None:
    queue = queue_of(*[job("ann", 24.0, "premium") for _ in range(60)])
    users_served(queue, 20)
    for _ in range(20):
        queue.submit(job("bob", 24.0, "standard"))
    assert users_served(queue, 22).count("bob") == 6


def test_leaving_does_not_cancel_debt() -> None:
    queue = queue_of(job("ann", 1000.0), job("bob"))
    assert users_served(queue, 1) == ["ann"]
    queue.submit(job("ann"))
    for _ in range(5):
        queue.submit(job("bob"))
    assert users_served(queue, 7) == ["bob"] * 6 + ["ann"]


def test_who_arrives_in_an_empty_queue_starts_at_the_last_dispatched_tag() -> None:
    queue = queue_of(job("ann", 100.0), job("ann", 100.0))
    users_served(queue, 2)
    queue.submit(job("bob", 100.0))
    queue.submit(job("eve", 100.0, "standard"))
    tiers = {tier["name"]: tier for tier in queue.export()["tiers"]}
    users = tiers["free"]["users"]
    assert {user["name"]: user["tag"] for user in users} == {"ann": 200.0, "bob": 100.0}
    users_served(queue, 2)
    queue.submit(job("zoe", 100.0, "premium"))
    tiers = {tier["name"]: tier for tier in queue.export()["tiers"]}
    assert tiers["premium"]["tag"] == 200.0


@pytest.mark.parametrize(("slack", "first"), [(60.0, "bob"), (9.0, "ann")])
def test_a_warm_model_is_preferred_within_the_slack_only(slack: float, first: str) -> None:
    queue = queue_of(job("bob", model="ltx"), job("ann"), job("ann"), slack=slack)
    users_served(queue, 1)  # bob is 10 s ahead
    queue.submit(job("bob", model="ltx"))
    assert users_served(queue, 1, Slot("host", model="ltx")) == [first]


@pytest.mark.parametrize(("slack", "first"), [(60.0, "free"), (9.0, "premium")])
def test_a_warm_model_is_preferred_within_the_slack_between_tiers(slack: float, first: str) -> None:
    queue = queue_of(job("f", 10.0, "free", model="ltx"), slack=slack)
    users_served(queue, 1)
    queue.submit(job("f", 10.0, "free", model="ltx"))
    users_served(queue, 1)
    queue.submit(job("p", 10.0, "premium"))
    queue.submit(job("f", 10.0, "free", model="ltx"))
    taken = queue.take(Slot("host", model="ltx"), 0.0)
    assert taken is not None
    assert taken.tier == first


def test_a_slot_is_given_only_what_it_accepts() -> None:
    queue = queue_of(job("ann", model="big"), job("bob", model="small"))
    taken = queue.take(ANY, 0.0, accepts=lambda each: each.model == "small")
    assert taken is not None
    assert taken.user == "bob"
    assert queue.take(ANY, 0.0, accepts=lambda each: each.model == "small") is None
    assert users_served(queue, 1) == ["ann"]


def test_a_job_that_took_longer_is_paid_for() -> None:
    queue = queue_of(*[job(user) for user in ("ann", "bob") for _ in range(9)])
    first = queue.take(ANY, 0.0)
    assert first is not None
    queue.settle(first.id, 50.0)
    assert users_served(queue, 6) == ["bob"] * 5 + ["ann"]


def test_a_refund_brings_a_waiting_user_forward() -> None:
    queue = queue_of(job("ann", 100.0, id="long"), *[job(user) for user in ("bob", "ann") * 9])
    assert users_served(queue, 3) == ["ann", "bob", "bob"]
    queue.settle("long", 1.0)
    assert users_served(queue, 2) == ["ann", "ann"]


def test_a_report_corrects_before_the_end_and_the_end_counts_no_twice() -> None:
    queue = queue_of(job("ann"))
    first = queue.take(ANY, 0.0)
    assert first is not None
    queue.report(first.id, 70.0)
    assert queue.served()["free"] == {"ann": 70.0}
    queue.settle(first.id, 60.0)
    assert queue.served()["free"] == {"ann": 60.0}


def test_a_preempted_job_is_refunded_and_goes_on_before_its_equals() -> None:
    queue = queue_of(job("ann", 100.0, id="long"), job("ann", id="next"))
    queue.take(ANY, 0.0)
    queue.settle("long", 30.0)
    queue.put_back(job("ann", 70.0, id="long"))
    assert queue.served()["free"] == {"ann": 30.0}
    assert [each.id for each in queue.line("free", "ann")] == ["long", "next"]


def test_priority_counts_within_a_user_and_equals_keep_their_order() -> None:
    queue = queue_of(
        job("ann", id="a", priority=5),
        job("ann", id="b", priority=0),
        job("ann", id="c", priority=5),
        job("ann", id="d", priority=0),
        job("bob", id="e", priority=9),
    )
    assert [each.id for each in queue.line("free", "ann")] == ["b", "d", "a", "c"]
    assert users_served(queue, 2) == ["ann", "bob"]


@pytest.mark.parametrize(
    ("ids", "index", "order"),
    [
        (["d"], 0, "dabc"),
        (["a"], None, "bcda"),
        (["d"], 1, "adbc"),
        (["c", "d"], 0, "cdab"),
        (["d", "b"], 1, "adbc"),
        (["a"], 99, "bcda"),
    ],
)
def test_jobs_move_in_the_order_in_which_they_are_named(
    ids: list[str], index: int | None, order: str
) -> None:
    queue = queue_of(*[job("ann", id=id) for id in "abcd"])
    queue.move(ids, index)
    assert "".join(each.id for each in queue.line("free", "ann")) == order
    assert [queue.take(ANY, 0.0) is not None for _ in order] == [True] * 4


def test_a_withdrawn_job_is_never_dispatched() -> None:
    queue = queue_of(job("ann", id="a"), job("ann", id="b"), job("bob", id="c"))
    assert queue.withdraw("a").id == "a"
    queue.withdraw("c")
    assert len(queue) == 1
    assert users_served(queue, 2) == ["ann", "-"]


def test_a_paused_user_waits_and_earns_no_credit() -> None:
    queue = queue_of(*[job(user) for user in ("ann", "bob") for _ in range(9)])
    queue.pause("free", "ann")
    assert users_served(queue, 5) == ["bob"] * 5
    queue.resume("free", "ann")
    assert users_served(queue, 4) == ["ann", "bob", "ann", "bob"]


def test_a_paused_tier_waits_and_earns_no_credit() -> None:
    jobs = [job(tier, 24.0, tier) for tier in ("premium", "standard") for _ in range(30)]
    queue = queue_of(*jobs)
    queue.pause("premium")
    assert users_served(queue, 12) == ["standard"] * 12
    queue.resume("premium")
    served = users_served(queue, 22)
    assert (served.count("premium"), served.count("standard")) == (16, 6)


def test_a_user_at_its_quota_of_slots_waits_for_its_own_jobs() -> None:
    queue = queue_of(*[job("ann") for _ in range(4)], job("bob"), terms=Terms(slots=2))
    assert users_served(queue, 4) == ["ann", "bob", "ann", "-"]
    queue.settle(queue.held()[0].job.id, 10.0)
    assert users_served(queue, 2) == ["ann", "-"]


def test_a_user_at_its_quota_of_cost_waits_and_a_larger_job_runs_alone() -> None:
    large = job("ann", 500.0)
    queue = queue_of(job("ann"), large, terms=Terms(cost=100.0))
    assert users_served(queue, 2) == ["ann", "-"]
    queue.settle(queue.held()[0].job.id, 10.0)
    assert queue.take(ANY, 0.0) == large


def test_a_quota_of_cost_counts_what_is_known_by_now() -> None:
    jobs = [job("ann", 40.0, id=id) for id in "abcd"]
    queue = queue_of(*jobs, terms=Terms(cost=100.0))
    assert users_served(queue, 3) == ["ann", "ann", "-"]
    queue.report("a", 10.0)
    assert users_served(queue, 2) == ["ann", "-"]
    queue.report("a", 60.0)
    queue.settle("b", 50.0)
    assert users_served(queue, 1) == ["-"]
    queue.settle("a", 60.0)
    assert users_served(queue, 1) == ["ann"]


def test_a_quota_that_is_raised_lets_jobs_through() -> None:
    queue = queue_of(job("ann"), job("ann"), terms=Terms(slots=1))
    assert users_served(queue, 2) == ["ann", "-"]
    queue.agree("free", "ann", Terms())
    assert users_served(queue, 1) == ["ann"]


def test_state_travels_as_json_and_decides_the_same() -> None:
    queue = queue_of(
        *[job(user, 10.0, tier) for tier in ("premium", "free") for user in "abc" for _ in "123"],
        job("a", gpus=4, priority=0),
    )
    queue.agree("free", "c", Terms(weight=2.0, slots=3, cost=77.0))
    queue.pause("premium", "b")
    users_served(queue, 5, Slot("host", free=2, size=8))
    again = FairQueue.rebuilt(json.loads(json.dumps(queue.export())), Policy(slack=0.0))
    assert again.export() == queue.export()
    assert users_served(again, 20) == users_served(queue, 20)


@pytest.mark.parametrize("terms", [Terms(slots=2), Terms(cost=80.0), Terms(2.0, cost=80.0)])
def test_a_restart_forgets_no_quota(terms: Terms) -> None:
    queue = queue_of(*[job("ann", 40.0) for _ in range(6)])
    queue.agree("free", "ann", terms)
    users_served(queue, 1)
    again = FairQueue.rebuilt(queue.export())
    assert users_served(again, 2) == ["ann", "-"]
    assert again.export() != queue.export()
    users_served(queue, 1)
    assert again.export() == queue.export()


def test_a_state_whose_tier_is_gone_is_refused() -> None:
    state = queue_of(job("ann")).export()
    with pytest.raises(InvalidInput, match="no tier 'free'"):
        FairQueue.rebuilt(state, Policy(shares={"premium": 1.0}))


def test_idle_users_without_debt_are_forgotten() -> None:
    queue = queue_of(job("ann"), *[job("bob") for _ in range(9)], job("eve", 1000.0))
    for _ in range(5):
        taken = queue.take(ANY, 0.0)
        assert taken is not None
        queue.settle(taken.id, taken.cost)
    assert queue.prune() == 1
    assert set(queue.served()["free"]) == {"bob", "eve"}


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda q: q.submit(job("ann", id="a")), "'a' is queued already"),
        (lambda q: q.submit(job("ann", tier="gold")), "no tier 'gold'"),
        (lambda q: q.withdraw("z"), "'z' does not wait"),
        (lambda q: q.settle("a", 1.0), "'a' was not dispatched"),
        (lambda q: q.move(["a", "x"], 0), "one user and one priority"),
        (lambda q: q.move(["a", "c"], 0), "one user and one priority"),
        (lambda q: q.move(["a", "a"], 0), "Name each job once"),
        (lambda q: q.pause("gold"), "no tier 'gold'"),
        (lambda q: q.submit(job("ann", float("nan"))), "estimate of nan"),
        (lambda q: q.submit(job("ann", gpus=0)), "gpus=0"),
        (lambda q: q.agree("free", "ann", Terms(weight=0.0)), "weight of 0.0"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    act: Callable[[FairQueue], object], words: str
) -> None:
    queue = queue_of(job("ann", id="a"), job("ann", id="c", priority=0), job("bob", id="x"))
    before = queue.export()
    with pytest.raises(InvalidInput, match=words):
        act(queue)
    assert queue.export() == before


def test_a_cost_that_makes_no_sense_is_refused() -> None:
    queue = queue_of(job("ann", id="a"))
    queue.take(ANY, 0.0)
    with pytest.raises(InvalidInput, match="cost of -1"):
        queue.settle("a", -1.0)


def test_a_saturated_fleet_is_shared_as_promised() -> None:
    fleet = Fleet(slots=300, users=100, warm_up=300.0, until=3300.0)
    fair, fifo = simulate(FairQueue(), fleet), simulate(Fifo(), fleet)
    for tier, weight in Policy().shares.items():
        assert fair.total(tier) / fair.total() == pytest.approx(weight / 12, rel=0.01)
        assert fair.jain(tier) >= 0.95 > fifo.jain(tier)
    assert fair.total() >= 1.4 * fifo.total()
