"""The PostgreSQL server that the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster_agent.store.postgres_server import Server, binaries, running_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed on this machine (Debian: 'postgresql')")
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra 'postgres')")
    with running_server(programs) as server:
        yield server
