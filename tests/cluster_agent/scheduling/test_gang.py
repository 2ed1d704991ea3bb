"""Jobs of several GPUs: a host is kept for them, and gaps are filled without delaying them."""

from __future__ import annotations

from heapq import heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from cluster_agent.scheduling.fair_queue import FairQueue, Job, Policy, Slot


def job(id: str, seconds: float, gpus: int = 1, user: str = "") -> Job:
    return Job(id, user or id, "free", "wan", seconds, gpus)


def queue_of(*jobs: Job) -> FairQueue:
    queue = FairQueue(Policy(slack=0.0))
    for each in jobs:
        queue.submit(each)
    return queue


def offer(queue: FairQueue, free: int, now: float, host: str = "h", size: int = 4) -> str | None:
    taken = queue.take(Slot(host, free=free, size=size), now)
    return None if taken is None else taken.id


def test_a_large_job_reserves_and_starts_when_enough_is_free() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    assert offer(queue, free=4, now=0.0) == "small"
    assert offer(queue, free=3, now=0.0) is None
    assert {host: each.id for host, each in queue.reservations().items()} == {"h": "large"}
    queue.settle("small", 50.0)
    assert offer(queue, free=4, now=50.0) == "large"
    assert queue.reservations() == {}


def test_only_what_ends_in_time_fills_the_gap() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    for id, seconds in (("late", 51.0), ("fits", 50.0), ("wide", 5.0)):
        queue.submit(job(id, seconds, gpus=3 if id == "wide" else 1))
    assert offer(queue, free=3, now=0.0) == "fits"
    assert offer(queue, free=2, now=1.0) is None
    assert offer(queue, free=1, now=0.0, host="other") == "late"


def test_no_gap_is_filled_while_a_running_job_is_overdue() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    queue.submit(job("tiny", 0.5))
    assert offer(queue, free=3, now=60.0) is None
    queue.report("small", 70.0)
    assert offer(queue, free=3, now=60.0) == "tiny"


def test_a_reserved_job_starts_on_whichever_host_is_ready_first() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    assert offer(queue, free=4, now=1.0, host="other") == "large"
    assert queue.reservations() == {}
    queue.submit(job("late", 500.0))
    assert offer(queue, free=3, now=1.0) == "late"


def test_a_reserved_job_starts_only_where_it_is_accepted() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    assert queue.take(Slot("other", free=4, size=4), 1.0, accepts=lambda each: False) is None
    assert queue.reservations() != {}


def test_a_host_that_lost_a_gpu_is_kept_no_longer_for_what_it_cannot_run() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    queue.submit(job("late", 500.0))
    assert offer(queue, free=2, now=0.0, size=3) == "late"
    assert queue.reservations() == {}
    assert [each.id for each in queue.line("free", "large")] == ["large"]


def test_a_job_larger_than_the_host_is_passed_over() -> None:
    queue = queue_of(job("huge", 10.0, gpus=8), job("small", 10.0))
    assert offer(queue, free=4, now=0.0) == "small"
    assert offer(queue, free=3, now=0.0) is None
    assert offer(queue, free=8, now=0.0, host="big", size=8) == "huge"


def test_a_reservation_is_charged_at_once_and_refunded_if_withdrawn() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    assert queue.served()["free"]["large"] == 40.0
    assert queue.withdraw("large").id == "large"
    assert queue.served()["free"]["large"] == 0.0
    assert queue.reservations() == {}
    assert offer(queue, free=4, now=99.0) is None


def test_a_host_that_is_gone_gives_its_reservation_back() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    given_up = queue.abandon("h")
    assert given_up is not None
    assert given_up.id == "large"
    assert queue.abandon("h") is None
    assert [each.id for each in queue.line("free", "large")] == ["large"]
    assert offer(queue, free=4, now=1.0, host="other") == "large"


def test_pausing_a_user_gives_its_reservation_back() -> None:
    queue = queue_of(job("small", 50.0), job("large", 10.0, gpus=4))
    offer(queue, free=4, now=0.0)
    offer(queue, free=3, now=0.0)
    queue.pause("free", "large")
    assert offer(queue, free=4, now=1.0, host="other") is None
    queue.resume("free", "large")
    assert offer(queue, free=4, now=1.0, host="other") == "large"


JOBS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([1, 1, 1, 2, 4]), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


@given(jobs=JOBS, arrivals=st.lists(st.integers(0, 40), min_size=40, max_size=40))
def test_with_true_estimates_no_reserved_job_starts_later_than_foreseen(
    jobs: list[tuple[int, int, int]], arrivals: list[int]
) -> None:
    queue = queue_of()
    later = [
        (float(at), job(str(number), float(seconds), gpus, f"user-{user}"))
        for number, ((seconds, gpus, user), at) in enumerate(zip(jobs, arrivals, strict=False))
    ]
    later.sort(key=lambda pair: (pair[0], int(pair[1].id)))
    free, started = 4, set[str]()
    ends: list[tuple[float, str, int]] = []
    foreseen: dict[str, float] = {}
    for now in range(4000):
        while ends and ends[0][0] <= now:
            _, id, gpus = heappop(ends)
            queue.settle(id, cost_of(jobs, id))
            free += gpus
        while later and later[0][0] <= now:
            queue.submit(later.pop(0)[1])
        while free and (taken := queue.take(Slot("h", free=free, size=4), float(now))):
            assert now <= foreseen.get(taken.id, now)
            free -= taken.gpus
            started.add(taken.id)
            heappush(ends, (now + taken.seconds, taken.id, taken.gpus))
        for reserved in queue.reservations().values():
            foreseen.setdefault(reserved.id, opening(ends, free, reserved.gpus))
        if not later and not ends:
            break
    assert len(started) == len(jobs)


def cost_of(jobs: list[tuple[int, int, int]], id: str) -> float:
    seconds, gpus, _ = jobs[int(id)]
    return float(seconds * gpus)


def opening(ends: list[tuple[float, str, int]], free: int, gpus: int) -> float:
    """When so many GPUs will be free, counted from the outside."""
    at = 0.0
    for at, _, freed in sorted(ends):
        free += freed
        if free >= gpus:
            return at
    return at
