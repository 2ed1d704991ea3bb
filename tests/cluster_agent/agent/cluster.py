"""A whole cluster of processes on this machine: broker, blob service, agents, and a client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from cluster_agent.blobs.client import BlobClient
from cluster_agent.broker.records import ENDED
from cluster_agent.client.connection import Client
from cluster_agent.keys import ROLES, KeyPair, KnownServer, Servers, Trust, TrustedPeer
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import (
    AgentList,
    AgentView,
    Cancel,
    Done,
    Drain,
    GetJobs,
    JobList,
    JobView,
    ListAgents,
    Message,
    Progress,
    Submit,
    Submitted,
)
from cluster_agent.transport import Connection
from tests.cluster_agent.agent.crew import CALM
from tests.cluster_agent.waiting import PATIENCE, wait_for

Answer = TypeVar("Answer", bound=Message)

_ALONE = """
import sys
from pathlib import Path
from cluster_agent.agent.service import AgentSettings, serve_alone
from cluster_agent.broker.settings import BrokerSettings
from cluster_agent.hosting import Hosting
from cluster_agent.keys import KeyPair, KnownServer

folder, anywhere = Path(sys.argv[1]), "tcp://127.0.0.1:*"
own = KeyPair.load_or_new(folder / "keys" / "key.toml")
broker = BrokerSettings(folder / "queue", listen=anywhere, keys=folder / "keys")
itself = KnownServer(name="here", address=anywhere, key=own.public)
serve_alone(
    AgentSettings("alone", folder / "agent", itself, own),
    Hosting(broker, folder / "blobs", anywhere),
    lambda *said: print("ready", *said, flush=True),
)
"""

_HOST = """
import sys
from pathlib import Path
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.settings import BrokerSettings
from cluster_agent.hosting import Hosting, host

folder, anywhere = Path(sys.argv[1]), "tcp://127.0.0.1:*"
hasty = BrokerPolicy(beat=1.0, fence=4.5, lease=6.5)
broker = BrokerSettings(folder / "queue", listen=anywhere, keys=folder / "keys", policy=hasty)
host(Hosting(broker, folder / "blobs", anywhere), lambda *said: print("ready", *said, flush=True))
"""


class Process:
    """A process that says when it is ready; always ended with its cluster."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline().split()
        assert self.said[:1] == ["ready"], f"{command} said {self.said} and ended"
        self.pid = self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(PATIENCE)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Cluster:
    """In a folder; always ended with the `with`."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        """With `alone`, an agent of this name works in the broker's process."""
        self.folder = folder
        self._program = _ALONE if alone else _HOST
        self._stack = ExitStack()
        self._environment = {
            **os.environ, **CALM, "REELWRIGHT_CONFIG": str(folder / "configuration"),
        }  # fmt: skip

    def __enter__(self) -> Cluster:
        with self._stack:
            KeyPair.load_or_new(self.folder / "keys" / "key.toml")
            self.host = self._start([sys.executable, "-c", self._program, str(self.folder)])
            _, self.address, self.public = self.host.said
            own = self._party("client")
            line = self._stack.enter_context(Connection(self.address, own, self.public))
            self.client = Client(line, "test", "1")
            self.blobs = self._stack.enter_context(
                BlobClient(self.client.welcome.blobs, own, self.public)
            )
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def agent(self, name: str, *options: str) -> Process:
        """An agent that has come up."""
        self._party(name)
        keys = self.folder / name / "keys"
        Servers(keys / "servers.toml").add(
            KnownServer(name="here", address=self.address, key=self.public)
        )
        command = [
            sys.executable, "-m", "cluster_agent.agent",
            "--broker", "here", "--name", name,
            "--keys", str(keys), "--folder", str(self.folder / name / "work"), *options,
        ]  # fmt: skip
        process = self._start(command)
        wait_for(lambda: self.view(name).state == "online", f"'{name}' did not come")
        return process

    def view(self, name: str) -> AgentView:
        agents = self.client.ask(ListAgents(), AgentList).agents
        return next((agent for agent in agents if agent.info.name == name), _NOBODY)

    def submit(self, graph: bytes, **wishes: object) -> str:
        key = str(wishes.pop("key", f"k{os.urandom(8).hex()}"))
        spec = JobSpec.model_validate({"key": key, "graph": graph, **wishes})
        return self.client.ask(Submit(jobs=(spec,)), Submitted).jobs[0]

    def submit_and_wait(self, graph: bytes, **wishes: object) -> str:
        """A job that has been completed."""
        job = self.submit(graph, **wishes)
        view = self.wait_for_state(job, "COMPLETED", "FAILED", "BLOCKED")
        assert view.state == "COMPLETED", view.error
        return job

    def cancel(self, job: str) -> None:
        self.client.ask(Cancel(jobs=(job,)), Done)

    def drain(self, agent: str, *, on: bool) -> None:
        self.client.ask(Drain(agent=agent, on=on), Done)

    def told_of(self, job: str, until: str) -> list[dict[str, object]]:
        """The engine events of a job from now on, until one of a kind."""
        found: list[dict[str, object]] = []
        self.client.watch([f"job/{job}"])

        def listen() -> bool:
            for event in self.client.events(0.2):
                if isinstance(event, Progress):
                    found.extend(json.loads(line) for line in event.events)
            return any(event["kind"] == until for event in found)

        wait_for(listen, f"no '{until}' came")
        return found

    def job(self, job: str) -> JobView:
        (view,) = self.client.ask(GetJobs(jobs=(job,)), JobList).jobs
        return view

    def wait_for_state(self, job: str, *states: str) -> JobView:
        """The job once it is in one of these states; one that has ended gets into no other."""
        wait_for(lambda: self.job(job).state in {*states, *ENDED}, f"{job} went nowhere")
        view = self.job(job)
        assert view.state in states, view
        return view

    def result(self, job: str, name: str) -> bytes:
        """A file that a job wrote, brought here."""
        (digest,) = (file.digest for file in self.job(job).results if file.path == name)
        place = self.folder / f"{job}-{name}"
        self.blobs.download(digest, place)
        return place.read_bytes()

    def _party(self, name: str) -> KeyPair:
        own = KeyPair.load_or_new(self.folder / name / "keys" / "key.toml")
        peer = TrustedPeer(key=own.public, user=name, roles=ROLES)
        Trust(self.folder / "keys" / "trust.toml").add(peer)
        return own

    def _start(self, command: list[str]) -> Process:
        process = Process(command, self._environment)
        self._stack.callback(process.end)
        return process


_NOBODY = AgentView.model_construct(state="offline", free=0, warm=(), jobs=())
