"""What the studio writes down of its runs, so that they outlive it: a small SQLite file.

A run is found by its submission key.  Its graph is kept as it was (equal graphs once), so that it
can be sent again if nobody acknowledged it, and opened again from the history.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args

from engine.errors import StorageFailed
from studio.machines.damage import is_damage, put_aside
from studio.runs import NodeRun, NodeState, Run, RunState

VERSION: Final = 1
MOST: Final = 20_000
"""Runs that are kept; the oldest ended ones are forgotten first."""
_STATES: Final = frozenset(get_args(RunState))
_NODE_STATES: Final = frozenset(get_args(NodeState))
_TABLES: Final = f"""
create table if not exists graphs (digest text primary key, text blob not null);
create table if not exists runs (
    key text primary key, created real not null, graph text not null, about text not null
);
create index if not exists newest on runs (created);
pragma user_version = {VERSION};
"""
_PLAIN: Final = (
    "id", "place", "document", "label", "state", "error", "created", "started", "ended", "agent",
    "done", "total", "peak", "attempt", "batch", "variation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as it was last written down, and how it was asked for."""

    run: Run
    outputs: tuple[str, ...] | None
    front: bool


class Ledger:
    """One file; any thread may use it, in turn.  Everything raises StorageFailed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def add(self, run: Run, graph: str, outputs: tuple[str, ...] | None, front: bool) -> None:
        """Write down a run before it is sent."""
        digest = hashlib.sha256(graph.encode()).hexdigest()
        packed = zlib.compress(graph.encode(), 6)
        how = {"outputs": outputs, "front": front}
        with self._writing() as database:
            database.execute("insert or ignore into graphs values (?, ?)", (digest, packed))
            database.execute(
                "insert or replace into runs values (?, ?, ?, ?)",
                (run.key, run.created or 0.0, digest, _about(run, how)),
            )

    def save(self, runs: Sequence[Run]) -> None:
        """Write down how runs are now; those that were never added are left out."""
        with self._writing() as database:
            for run in runs:
                row = database.execute("select about from runs where key = ?", (run.key,))
                found = row.fetchone()
                if found is not None:
                    how = json.loads(found[0])["how"]
                    database.execute(
                        "update runs set about = ? where key = ?", (_about(run, how), run.key)
                    )

    def put_to_front(self, key: str) -> None:
        """Write down that a run was put before others after it was sent."""
        with self._writing() as database:
            row = database.execute("select about from runs where key = ?", (key,)).fetchone()
            if row is not None:
                about = json.loads(row[0])
                about["how"]["front"] = True
                database.execute("update runs set about = ? where key = ?", (_packed(about), key))

    def all(self) -> tuple[Entry, ...]:
        """Every run, newest first; what cannot be read is left out."""
        with self._writing() as database:
            rows = database.execute("select key, about from runs order by created desc").fetchall()
        entries = (_entry(key, about) for key, about in rows)
        return tuple(entry for entry in entries if entry is not None)

    def graph(self, key: str) -> str | None:
        """The graph of a run as it was when it was sent."""
        with self._writing() as database:
            row = database.execute(
                "select text from graphs join runs on graph = digest where key = ?", (key,)
            ).fetchone()
        return zlib.decompress(row[0]).decode() if row else None

    def remove(self, keys: Sequence[str]) -> None:
        """Forget runs, and the graphs that no other has."""
        with self._writing() as database:
            database.executemany("delete from runs where key = ?", [(key,) for key in keys])
            database.execute("delete from graphs where digest not in (select graph from runs)")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._opened is None:
                    self._opened = self._open()
                with self._opened:
                    yield self._opened
            except (sqlite3.Error, OSError) as error:
                if is_damage(error):
                    raise self._put_aside() from error
                raise StorageFailed(
                    f"The history of runs in '{self.path}' cannot be used: {error}.",
                    remedy="Free some space there, or move the file away to begin a new one.",
                ) from error

    def _put_aside(self) -> StorageFailed:
        """Begin a new file in place of a damaged one, which is kept; what to tell of that."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None
        aside = put_aside(self.path)
        return StorageFailed(
            f"The history of runs in '{self.path}' is damaged.",
            remedy=f"A new one begins; the damaged file is kept as '{aside.name}'.",
        )

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        opened = sqlite3.connect(self.path, check_same_thread=False, timeout=10.0)
        try:
            opened.execute("pragma journal_mode = wal")
            opened.execute("pragma synchronous = normal")
            opened.executescript(_TABLES)
            surplus = "select key from runs order by created desc limit -1 offset ?"
            opened.execute(f"delete from runs where key in ({surplus})", (MOST,))
        except sqlite3.Error:
            opened.close()
            raise
        return opened


def _about(run: Run, how: Mapping[str, object]) -> str:
    plain: dict[str, object] = {name: getattr(run, name) for name in _PLAIN}
    plain["files"] = [str(path) for path in run.files]
    plain["thumbnail"] = str(run.thumbnail) if run.thumbnail else None
    plain["nodes"] = {path: _node(node) for path, node in run.nodes.items() if node.state != "idle"}
    plain["how"] = how
    return _packed(plain)


def _packed(plain: Mapping[str, object]) -> str:
    return json.dumps(plain, separators=(",", ":"))


def _node(node: NodeRun) -> dict[str, object]:
    """What is worth keeping of a node: no picture, no clock of this session."""
    small = replace(node, preview=b"", first=None, started=0.0, eta=None, files=())
    kept = {name: value for name, value in asdict(small).items() if value}
    return kept | {"files": [str(path) for path in node.files]} if node.files else kept


def _entry(key: str, about: str) -> Entry | None:
    try:
        plain = json.loads(about)
        how = plain["how"]
        if plain["state"] not in _STATES:
            return None
        run = Run(
            key,
            **{name: plain[name] for name in _PLAIN},
            files=tuple(map(Path, plain["files"])),
            thumbnail=Path(plain["thumbnail"]) if plain["thumbnail"] else None,
            nodes=MappingProxyType({path: _read(node) for path, node in plain["nodes"].items()}),
        )
        outputs = None if how["outputs"] is None else tuple(how["outputs"])
        return Entry(run, outputs, bool(how["front"]))
    except (ValueError, KeyError, TypeError):
        return None


def _read(plain: dict[str, object]) -> NodeRun:
    state = plain.get("state")
    if state not in _NODE_STATES:
        raise ValueError(f"no node is '{state}'")
    files = tuple(Path(str(path)) for path in plain.pop("files", ()))  # type: ignore[attr-defined]
    notes = tuple(map(str, plain.pop("notes", ())))  # type: ignore[call-overload]
    return NodeRun(**plain, files=files, notes=notes)  # type: ignore[arg-type]
