"""Messages of 1 KB there and back over loopback: our sockets against bare ZeroMQ, both with CURVE.

Each server echoes in a process of its own; the client keeps a window of messages under way.  The
two take turns, so that whatever else the machine does is borne by both.  Bare ZeroMQ has neither
ZAP nor identities, no heartbeats, and no limits.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import zmq

from cluster_agent.keys import KeyPair
from cluster_agent.protocol.job_spec import InputFile, JobSpec
from cluster_agent.protocol.messages import Submit
from cluster_agent.protocol.wire import FROM_CLIENT, decode, encode
from cluster_agent.transport import Connection, Listener
from tests.benchmarks._table import row

ROUNDS, MESSAGES, WINDOW = 7, 4_000, 100
BATCH: Final = 256
KEYS: Final = [KeyPair.derived(b"server"), KeyPair.derived(b"client")]
ANYWHERE: Final = "tcp://127.0.0.1:0"


def main() -> None:
    """Print the table."""
    ours, bare = _Caller("ours"), _Caller("bare")
    try:
        for caller in (ours, bare):
            caller.measure()
        figures = [(ours.measure(), bare.measure()) for _ in range(ROUNDS)]
    finally:
        ours.close()
        bare.close()
    _report("a window of 100", figures)
    _wire()


def serve(kind: str) -> None:
    """Echo until the standard input ends; the address is the first thing said."""
    if kind == "ours":
        listener = Listener(ANYWHERE, KEYS[0], {KEYS[1].public}.__contains__)
        print(json.dumps(listener.address), flush=True)
        while True:
            if listener.poll(60):
                for said in listener.receive(BATCH):
                    listener.send(said.route, said.frame)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    _bare_keys(router, KEYS[0])
    router.setsockopt(zmq.CURVE_SERVER, 1)
    router.bind(ANYWHERE)
    print(json.dumps(router.getsockopt_string(zmq.LAST_ENDPOINT)), flush=True)
    while True:
        router.send_multipart(router.recv_multipart())


class _Caller:
    """An echo server of one kind, and how to call it."""

    def __init__(self, kind: str) -> None:
        code = f"from tests.benchmarks.cluster_transport import serve; serve({kind!r})"
        self._server = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        address = json.loads(self._server.stdout.readline())
        self._round, self._end = (_call_ours if kind == "ours" else _call_bare)(address)

    def measure(self) -> float:
        """Round trips a second."""
        began = time.perf_counter()
        self._round(bytes(1000))
        return MESSAGES / (time.perf_counter() - began)

    def close(self) -> None:
        self._end()
        self._server.kill()
        self._server.communicate()


def _call_ours(address: str) -> tuple[Callable[[bytes], None], Callable[[], None]]:
    connection = Connection(address, KEYS[1], KEYS[0].public)
    assert connection.ready(30)

    def measured(message: bytes) -> None:
        sent = back = 0
        while back < MESSAGES:
            while sent - back < WINDOW and sent < MESSAGES and connection.send(message):
                sent += 1
            if connection.poll(30):
                back += len(connection.receive(BATCH))

    return measured, connection.close


def _call_bare(address: str) -> tuple[Callable[[bytes], None], Callable[[], None]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    _bare_keys(dealer, KEYS[1])
    dealer.setsockopt(zmq.CURVE_SERVERKEY, KEYS[0].public.encode())
    dealer.connect(address)

    def measured(message: bytes) -> None:
        sent = back = 0
        while back < MESSAGES:
            while sent - back < WINDOW and sent < MESSAGES:
                dealer.send(message)
                sent += 1
            dealer.recv()
            back += 1

    return measured, lambda: context.destroy(linger=0)


def _bare_keys(socket: zmq.Socket[bytes], own: KeyPair) -> None:
    socket.setsockopt(zmq.CURVE_PUBLICKEY, own.public.encode())
    socket.setsockopt(zmq.CURVE_SECRETKEY, own.secret.encode())


def _report(what: str, figures: list[tuple[float, float]]) -> None:
    ours, bare = (statistics.median(column) for column in zip(*figures, strict=True))
    ratio = statistics.median(own / other for own, other in figures)
    row(
        f"1 KB there and back with CURVE, {what}: ours / bare, a second",
        f"{ours:,.0f} / {bare:,.0f}",
    )
    row("... ours over bare, median of the rounds", f"{ratio:.2f}x")


def _wire() -> None:
    spec = JobSpec(
        key="k" * 20, graph=bytes(700), model="wan", size=1_000, steps=30, seconds=3.0,
        packs={"core": "0.1.0"}, inputs=(InputFile(path="a.png", digest="a" * 64, size=10),),
    )  # fmt: skip
    submit = Submit(jobs=(spec,), re=3)
    frame = encode(submit)
    row(
        f"decoding a Submit of {len(frame):,} bytes, a CPU second",
        _rate(lambda: decode(frame, FROM_CLIENT)),
        "40,000",
    )
    row("encoding it", _rate(lambda: encode(submit)))


def _rate(work: Callable[[], object]) -> str:
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(2_000):
            work()
        rates.append(2_000 / (time.process_time() - began))
    return f"{statistics.median(rates):,.0f}"
