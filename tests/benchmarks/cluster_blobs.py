"""One GiB to and from the blob service, against ZeroMQ alone with the same encryption.

Both ends are processes of their own.  ZeroMQ alone sends frames of the same size that nobody
hashes, reads from a disk or writes to one; the blob service does all of that.  Rounds alternate,
and the medians are compared.  Then an upload and a download are interrupted five times each, by
killing the service.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import zmq

from cluster_agent.blobs.client import BlobClient
from cluster_agent.blobs.frames import CHUNK
from cluster_agent.blobs.protocol import digest_of
from cluster_agent.keys import KeyPair
from tests.benchmarks._table import row

SIZE = 1 << 30
ROUNDS = 5
KILLS = 5
SERVER = """
import sys
from pathlib import Path
from cluster_agent.blobs.server import BlobServer
from cluster_agent.blobs.store import BlobStore
from cluster_agent.keys import Grant, KeyPair
address, root, public, secret, trusted = sys.argv[1:]
grant = Grant("bench", frozenset({"submit"}))
with BlobServer(
    address, KeyPair(public=public, secret=secret),
    lambda key: grant if key == trusted else None, BlobStore(Path(root)),
) as server:
    print(server.address, flush=True)
    sys.stdin.read()
"""
RECEIVER = """
import sys, zmq
public, secret, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
socket = zmq.Context().socket(zmq.ROUTER)
socket.curve_server = True
socket.curve_publickey, socket.curve_secretkey = public.encode(), secret.encode()
port = socket.bind_to_random_port("tcp://127.0.0.1")
print(f"tcp://127.0.0.1:{port}", flush=True)
route, _ = socket.recv_multipart()
socket.send_multipart([route, b"go"])
for _ in range(count):
    route, frame = socket.recv_multipart(copy=False)
    assert len(frame) == size
socket.send_multipart([bytes(route), b"end"])
sys.stdin.read()
"""


@contextmanager
def process(script: str, *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process that prints its address, and ends with us."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *args],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline().strip()
        finally:
            child.kill()


class Bench:
    """One service with a key for it, and a file of random bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own, self.server = KeyPair.new(), KeyPair.new()
        self.file = folder / "video"
        hasher = hashlib.sha256()
        with open(self.file, "wb") as out:
            for _ in range(SIZE // CHUNK):
                piece = os.urandom(CHUNK)
                hasher.update(piece)
                out.write(piece)
        self.digest = hasher.hexdigest()

    @contextmanager
    def service(
        self, address: str = "tcp://127.0.0.1:0"
    ) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The blob service in a process, and its address."""
        root, keys = str(self.folder / "store"), self.server
        with process(SERVER, address, root, keys.public, keys.secret, self.own.public) as found:
            yield found

    def client(self, address: str) -> BlobClient:
        return BlobClient(address, self.own, self.server.public)

    def forget(self) -> None:
        """Empty the store; no service is running."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)

    def raw(self) -> float:
        """Seconds that ZeroMQ alone takes for as many bytes, in frames of a chunk."""
        with (
            process(
                RECEIVER, self.server.public, self.server.secret, str(SIZE // CHUNK), str(CHUNK)
            ) as (_, address),
            zmq.Context() as context,
            context.socket(zmq.DEALER) as socket,
        ):
            socket.curve_publickey = self.own.public.encode()
            socket.curve_secretkey = self.own.secret.encode()
            socket.curve_serverkey = self.server.public.encode()
            socket.connect(address)
            frame = bytearray(CHUNK)
            socket.send(b"hello")
            socket.recv()
            began = time.perf_counter()
            for _ in range(SIZE // CHUNK):
                socket.send(frame, copy=False)
            socket.recv()
            return time.perf_counter() - began

    def upload(self, digest: str | None) -> float:
        """Seconds for an upload into an empty store."""
        self.forget()
        with self.service() as (_, address), self.client(address) as client:
            client.size("0" * 64)
            return timed(lambda: client.upload(self.file, digest=digest))

    def download(self) -> float:
        """Seconds for a download of what was uploaded."""
        with self.service() as (_, address), self.client(address) as client:
            client.size("0" * 64)
            return timed(lambda: client.download(self.digest, self.folder / "copy"))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def interrupted(bench: Bench) -> tuple[int, bool]:
    """Upload and download while the service is killed; how often it was, and if all is right."""
    with ExitStack() as services:
        child, address = services.enter_context(bench.service())
        kills = 0

        def killing(there: int, size: int) -> None:
            nonlocal child, kills
            if kills % KILLS * size < there * (KILLS + 1) and kills < most:
                child.kill()
                child.wait()
                child, _ = services.enter_context(bench.service(address))
                kills += 1

        with bench.client(address) as client:
            bench.forget()
            child.kill()
            child.wait()
            child, _ = services.enter_context(bench.service(address))
            most = KILLS
            client.upload(bench.file, progress=killing)
            most = 2 * KILLS
            client.download(bench.digest, bench.folder / "copy", progress=killing)
    return kills, digest_of(bench.folder / "copy") == bench.digest


def main() -> None:
    """Print each figure with its bar."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        raw, known, taken, download = [], [], [], []
        for _ in range(ROUNDS):
            raw.append(bench.raw())
            taken.append(bench.upload(None))
            known.append(bench.upload(bench.digest))
            download.append(bench.download())
        base = median(raw)
        row("ZeroMQ alone, CURVE", f"{SIZE / base / 1e6:,.0f} MB/s")
        for what, times in (
            ("upload, of a known digest", known),
            ("upload, its digest taken first", taken),
            ("download", download),
        ):
            rate = SIZE / median(times) / 1e6
            row(f"  {what}", f"{rate:,.0f} MB/s, {base / median(times):.0%}", ">= 60 %")
        kills, right = interrupted(bench)
        row(f"up and down, killed {kills} times", "equal" if right else "DIFFERENT", "equal")


if __name__ == "__main__":
    main()
