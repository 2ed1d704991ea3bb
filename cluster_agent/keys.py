"""Key pairs, the peers that are trusted, and the servers that are known: files of this computer.

    <configuration>/cluster/key.toml       this computer's pair; only its owner can read it
    <configuration>/cluster/trust.toml     whose keys may connect here, as whom, and to do what
    <configuration>/cluster/servers.toml   the servers that can be called from here, by name

Keys are Curve25519, written in Z85: 40 characters.  The files are TOML, made to be read and edited
by people; a change to the trusted keys counts at once, in a running server too.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cluster_agent.protocol.job_spec import Name, Short
from cluster_agent.protocol.message import Key
from engine.atomic import write_private
from engine.errors import InvalidInput, StorageFailed
from engine.folders import config_folder

Role: TypeAlias = Literal["submit", "observe", "agent", "admin"]
ROLES: Final[tuple[Role, ...]] = ("submit", "observe", "agent", "admin")

_Z85: Final = (
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)

_log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=BaseModel)


def cluster_folder() -> Path:
    """Where the files of this room are kept."""
    return config_folder() / "cluster"


def fingerprint(public: str) -> str:
    """Four groups of four digits that stand for a key: short enough to be read aloud."""
    digits = int.from_bytes(hashlib.sha256(public.encode()).digest()) % 10**16
    return "-".join(f"{digits:016}"[at : at + 4] for at in range(0, 16, 4))


class KeyPair(BaseModel):
    """A public key, which is who one is, and the secret that proves it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    public: Key
    secret: Annotated[Key, Field(repr=False)]

    @classmethod
    def new(cls) -> Self:
        """A pair nobody else has."""
        return cls._of(X25519PrivateKey.generate())

    @classmethod
    def derived(cls, seed: bytes) -> Self:
        """The pair of a seed: who knows the seed has it too."""
        return cls._of(X25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest()))

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The pair in a file, by default this computer's; raises InvalidInput without one."""
        path = path or cluster_folder() / "key.toml"
        if not path.is_file():
            raise InvalidInput(
                f"There is no key in '{path}'.", remedy="Make one with 'reelwright keys new'."
            )
        try:
            found = cls.model_validate(_read(path))
        except ValidationError as error:
            raise InvalidInput(
                f"'{path}' holds no key pair: {_first(error)}.",
                remedy="Move it away and make another with 'reelwright keys new'.",
            ) from error
        if cls._of(X25519PrivateKey.from_private_bytes(_decode(found.secret))) != found:
            raise InvalidInput(
                f"The two keys in '{path}' do not belong together.",
                remedy="Move it away and make another with 'reelwright keys new'.",
            )
        return found

    @classmethod
    def load_or_new(cls, path: Path | None = None) -> Self:
        """The pair in a file, made on first use."""
        path = path or cluster_folder() / "key.toml"
        if not path.exists():
            cls.new().save(path)
        return cls.load(path)

    def save(self, path: Path | None = None) -> None:
        """Keep the pair where only this user can read it.  Raises StorageFailed."""
        text = f'public = "{self.public}"\nsecret = "{self.secret}"\n'
        write_private(path or cluster_folder() / "key.toml", text.encode())

    @classmethod
    def _of(cls, private: X25519PrivateKey) -> Self:
        public = private.public_key().public_bytes_raw()
        return cls(public=_encode(public), secret=_encode(private.private_bytes_raw()))


class Grant(NamedTuple):
    """Whom a key stands for, and what it may do."""

    user: str
    roles: frozenset[str]


class TrustedPeer(BaseModel):
    """A key that may connect: `user` is whose jobs are whose, `note` is for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: Key
    user: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    note: Short = ""


class _Known(NamedTuple):
    """What was read from the file when it looked like `stamp`."""

    stamp: tuple[int, int, int] | None
    peers: tuple[TrustedPeer, ...]
    grants: dict[str, Grant]


class Trust:
    """The keys that may connect, read anew whenever their file changes.

    May be asked by several threads.  A file that is wrong when first read raises InvalidInput; one
    that goes wrong later is reported, and what was right before stays in force.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cluster_folder() / "trust.toml"
        self._known = self._load(_stamp(self.path))

    def grant(self, identity: str) -> Grant | None:
        """Whom a public key stands for and what it may do; None: it is not known."""
        return self._current().grants.get(identity)

    def allow(self, identity: str) -> bool:
        """Whether a public key may connect."""
        return self.grant(identity) is not None

    def peers(self) -> tuple[TrustedPeer, ...]:
        """All that are trusted, as they stand in the file."""
        return self._current().peers

    def add(self, peer: TrustedPeer) -> None:
        """Trust a key, or change what it may do.  Raises StorageFailed."""
        kept = [known for known in self._reread() if known.key != peer.key]
        self._write([*kept, peer])

    def remove(self, key: str) -> bool:
        """Trust a key no longer; whether it was trusted.  Raises StorageFailed."""
        before = self._reread()
        self._write(known for known in before if known.key != key)
        return any(known.key == key for known in before)

    def _current(self) -> _Known:
        known, stamp = self._known, _stamp(self.path)
        if stamp != known.stamp:
            try:
                known = self._load(stamp)
            except (InvalidInput, StorageFailed) as error:
                _log.error("%s Until then, what was trusted before stays trusted.", error)
                known = known._replace(stamp=stamp)
            self._known = known
        return known

    def _reread(self) -> tuple[TrustedPeer, ...]:
        """From the file itself: what is wrong in it must not be written over."""
        self._known = self._load(_stamp(self.path))
        return self._known.peers

    def _load(self, stamp: tuple[int, int, int] | None) -> _Known:
        peers = _rows(self.path, "peer", TrustedPeer) if stamp else ()
        grants = {peer.key: Grant(peer.user, frozenset(peer.roles)) for peer in peers}
        if len(grants) < len(peers):
            raise InvalidInput(
                f"A key stands twice in '{self.path}'.", remedy="Keep one entry for each key."
            )
        return _Known(stamp, peers, grants)

    def _write(self, peers: Iterable[TrustedPeer]) -> None:
        _write_rows(self.path, "peer", list(peers))
        self._known = self._load(_stamp(self.path))


class KnownServer(BaseModel):
    """A server that can be called, and the key that proves it is the one that was meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Name
    address: Annotated[str, Field(min_length=1, max_length=200)]
    key: Key


class Servers:
    """The servers that can be called from here."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cluster_folder() / "servers.toml"

    def all(self) -> tuple[KnownServer, ...]:
        """Every one, as they stand in the file.  Raises InvalidInput."""
        return _rows(self.path, "server", KnownServer) if self.path.is_file() else ()

    def find(self, name: str) -> KnownServer:
        """The server of a name.  Raises InvalidInput that names what there is."""
        known = {server.name: server for server in self.all()}
        if name not in known:
            there = ", ".join(known) or "none yet"
            raise InvalidInput(
                f"No server is known as '{name}'.",
                remedy=f"Known are: {there}.  Pair with one by 'reelwright keys pair'.",
            )
        return known[name]

    def add(self, server: KnownServer) -> None:
        """Know a server, in place of what was known by its name.  Raises StorageFailed."""
        kept = [known for known in self.all() if known.name != server.name]
        _write_rows(self.path, "server", [*kept, server])

    def remove(self, name: str) -> bool:
        """Forget a server; whether it was known.  Raises StorageFailed."""
        before = self.all()
        _write_rows(self.path, "server", [known for known in before if known.name != name])
        return any(known.name == name for known in before)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes with every change of the file; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StorageFailed(
            f"'{path}' cannot be read: {error.strerror}.", remedy="Change its permissions."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"'{path}' is not TOML: {error}.", remedy="Correct it.") from error


def _rows(path: Path, table: str, kind: type[Row]) -> tuple[Row, ...]:
    content = _read(path)
    rows = content.pop(table, [])
    if content or not isinstance(rows, list):
        raise InvalidInput(
            f"'{path}' may hold nothing but [[{table}]] tables.", remedy="Take the rest out."
        )
    return tuple(_row(path, table, kind, number, row) for number, row in enumerate(rows, 1))


def _row(path: Path, table: str, kind: type[Row], number: int, row: object) -> Row:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        raise InvalidInput(
            f"[[{table}]] number {number} in '{path}' is wrong: {_first(error)}.",
            remedy="Correct it.",
        ) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"


def _write_rows(path: Path, table: str, rows: Sequence[BaseModel]) -> None:
    tables = [f"[[{table}]]\n" + "".join(map(_line, row)) for row in rows]
    write_private(path, "\n".join(tables).encode())


def _line(field: tuple[str, object]) -> str:
    name, value = field
    if isinstance(value, tuple):
        return f"{name} = [{', '.join(_quoted(part) for part in value)}]\n"
    return f"{name} = {_quoted(value)}\n"


def _quoted(value: object) -> str:
    """A TOML basic string."""
    plain = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", plain) + '"'


def _encode(raw: bytes) -> str:
    """Z85 (ZeroMQ RFC 32): five characters for four bytes."""
    words = [int.from_bytes(raw[at : at + 4]) for at in range(0, len(raw), 4)]
    return "".join(_Z85[word // 85**power % 85] for word in words for power in range(4, -1, -1))


def _decode(text: str) -> bytes:
    raw = b""
    for at in range(0, len(text), 5):
        word = 0
        for letter in text[at : at + 5]:
            word = word * 85 + _Z85.index(letter)
        raw += (word % 2**32).to_bytes(4)
    return raw
