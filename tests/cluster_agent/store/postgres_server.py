"""A PostgreSQL server of our own in a temporary folder, run as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MADE = "/usr/lib/postgresql"
ACCOUNTS = ("postgres", "nobody")
PATIENCE = 90.0


def binaries() -> Path | None:
    """Where the newest server's programs are, if there is one."""
    found = sorted(Path(MADE).glob("*/bin/postgres"), key=lambda path: path.parts[-3])
    return found[-1].parent if found else None


class Server:
    """A running server, reached by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.address = f"host={folder} user=reelwright dbname=postgres"

    def new_database(self) -> str:
        """The address of an empty database: the only one, emptied, which is quicker than a new."""
        self.cut_off()
        self.say("DROP SCHEMA IF EXISTS reelwright CASCADE")
        return self.address

    def say(self, statement: str) -> list[tuple[object, ...]]:
        """Execute a statement, apart from every store; its rows, if it has any."""
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as link:
            rows = link.execute(statement)
            return rows.fetchall() if rows.description else []

    def waiting_for_lock(self) -> bool:
        """Whether a broker stands by."""
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(self.say(waiting))

    def cut_off(self) -> None:
        """End the connections of all brokers, as a broken network does."""
        self.say(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE"
            " backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


@contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """Start a server, and end it whatever happens."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        _run(
            [programs / "initdb", "-D", data, "-U", "reelwright", "-A", "trust", "--no-sync",
             "-E", "UTF8", "--locale=C"],
            account, folder,
        )  # fmt: skip
        # What a server's own crash would lose is not what is tested here.
        options = "-c listen_addresses='' -c fsync=off -c max_connections=40"
        control: list[Path | str] = [programs / "pg_ctl", "-D", data, "-w", "-t", str(PATIENCE)]
        _run([*control, "-o", f"{options} -k {folder}", "-l", folder / "log", "start"],
             account, folder)  # fmt: skip
        try:
            yield Server(folder)
        finally:
            _run([*control, "-m", "immediate", "stop"], account, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """The server refuses to run as root: then it runs as somebody who may do nothing."""
    if os.getuid() != 0:
        return None
    for name in ACCOUNTS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise LookupError(f"there is no user {' or '.join(ACCOUNTS)} on this machine")


def _run(command: list[Path | str], account: pwd.struct_passwd | None, folder: Path) -> None:
    become = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        timeout=2 * PATIENCE,
        check=False,
        **({} if account is None else {"extra_groups": []}),
        **become,
    )
    log = folder / "log"
    said = log.read_text() if log.exists() else ""
    assert done.returncode == 0, f"{command[0]} failed: {said}"
