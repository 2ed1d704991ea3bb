"""What an operator blocks, no worker exports; a bad file of the operator's lifts no block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cluster_agent.agent import news
from cluster_agent.agent.__main__ import main
from cluster_agent.agent.takedowns import Following, TakedownSource
from cluster_agent.keys import KeyPair, KnownServer, Servers
from engine.errors import InvalidInput, StorageFailed
from engine.trust.identity import Identity
from engine.trust.self_issued import self_issued
from engine.trust.takedown.exchange import exported
from engine.trust.takedown.passages import passages_of
from engine.trust.takedown.register import Register
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import graph, node
from tests.engine.trust.takedown.clips import as_clip, as_mp4, textured

NOW = datetime(2026, 11, 20, tzinfo=UTC)
VIDEO = textured(1)[:, :64, :80]

Operator = Callable[..., None]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return self_issued(tmp_path_factory.mktemp("operator"))


@pytest.fixture
def source(tmp_path: Path, identity: Identity) -> TakedownSource:
    signer = tmp_path / "operator.pem"
    signer.write_text(identity.root)
    return TakedownSource(tmp_path / "share" / "takedowns.json", signer)


@pytest.fixture
def write(source: TakedownSource, identity: Identity) -> Operator:
    """Puts a register where agents look: its requests' videos, and the hour it was made."""
    source.path.parent.mkdir()

    def put(requests: Mapping[int, object], hour: int = 0, by: Identity = identity) -> None:
        blocked = {number: passages_of(as_clip(VIDEO)) for number in requests}
        made = exported(blocked, by, NOW + timedelta(hours=hour))
        fresh = source.path.with_suffix(".new")
        fresh.write_text(made.model_dump_json(), "utf-8")
        fresh.replace(source.path)

    return put


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "state" / "takedown" / "register.sqlite")


@pytest.fixture
def followed(source: TakedownSource, register: Register) -> Following:
    return Following(source, register.imported)


def blocked(register: Register) -> set[str]:
    return {str(request).partition(" ")[0] for request in register.blocking()}


def test_what_the_operator_blocks_is_blocked_here_as_it_changes(
    followed: Following, write: Operator, register: Register
) -> None:
    write({1})
    followed.take()
    assert blocked(register) == {"1"}
    assert not followed.look()
    write({1, 2}, hour=1)
    assert followed.look()
    assert blocked(register) == {"1", "2"}
    write({}, hour=2)
    assert followed.look()
    assert blocked(register) == set()


def test_who_cannot_be_trusted_is_told_at_the_start(
    followed: Following, write: Operator, tmp_path: Path
) -> None:
    with pytest.raises(StorageFailed, match="cannot be read"):
        followed.take()
    write({1}, by=self_issued(tmp_path / "stranger"))
    with pytest.raises(InvalidInput, match="not known here"):
        followed.take()


def test_a_bad_file_lifts_no_block(
    followed: Following,
    source: TakedownSource,
    write: Operator,
    register: Register,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write({1})
    followed.take()
    source.path.write_text(source.path.read_text()[:-100])
    assert not followed.look()
    source.path.unlink()
    assert not followed.look()
    assert not followed.look()  # told once, not every few seconds
    assert blocked(register) == {"1"}
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    write({1, 2}, hour=1)
    assert followed.look()
    assert blocked(register) == {"1", "2"}


def test_an_older_file_lifts_no_block_and_stops_no_agent(
    followed: Following, write: Operator, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    write({1, 2}, hour=1)
    followed.take()
    write({1})
    followed.take()
    assert blocked(register) == {"1", "2"}
    assert "gave before is newer" in caplog.text


def export(crew: Crew, hour: int) -> news.Ended:
    """Have a copy of the video exported by a graph that was not run before."""
    path = f"inputs/{hour}.mp4"
    nodes = {"load": node("input.video", path=path), "save": node("output.video", sign=False)}
    wanted = graph(nodes, ("load.result", "save.clip"))
    return crew.do(wanted, epoch=hour, inputs={path: as_mp4(VIDEO, 28)})


def test_no_worker_exports_what_its_operator_blocks(
    followed: Following, write: Operator, tmp_path: Path
) -> None:
    state = {"REELWRIGHT_STATE": str(tmp_path / "state")}
    with Crew(tmp_path / "agent", environment=state) as crew:
        crew.start()
        assert export(crew, 1).fault is None
        write({7}, hour=2)
        followed.take()
        ended = export(crew, 2)
        assert (ended.fault, "takedown request 7 of" in ended.error) == ("blocked", True)
        assert not list(crew.room().out.iterdir())
        write({}, hour=3)
        followed.look()
        assert export(crew, 3).fault is None


def test_no_agent_works_without_the_register_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    broker = KnownServer(name="b", address="tcp://127.0.0.1:9", key=KeyPair.new().public)
    Servers(keys / "servers.toml").add(broker)
    missing = tmp_path / "missing.json"
    given = ["--broker", "b", "--name", "a", "--keys", str(keys), "--slots", "1"]
    given += ["--folder", str(tmp_path / "work"), "--takedowns", str(missing)]
    assert main(given) == 1
    assert capsys.readouterr().err.startswith(f"'{missing}' cannot be read: No such file")
