"""A whole broker in this process: its folder, keys, store, machine and sockets, until it is told
to end.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cluster_agent.broker.daemon import LARGEST_HEARD, Daemon, clock
from cluster_agent.broker.machine import Broker
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.sessions import Greeting, Sessions
from cluster_agent.broker.settings import QUEUE, BrokerSettings
from cluster_agent.folder_lock import locked
from cluster_agent.keys import KeyPair, Trust, cluster_folder
from cluster_agent.store.protocol import Store
from cluster_agent.store.sqlite import SqliteStore
from cluster_agent.transport import Listener
from engine.errors import InvalidInput

_YOUNG: Final = 20_000
"""Objects made between two collections of the young; the default interrupts every batch."""


def serve(
    settings: BrokerSettings,
    ready: Callable[[str, str], None],
    referred: Callable[[frozenset[str]], None] | None = None,
) -> None:
    """Be a broker until SIGTERM or SIGINT; `ready` is told the address and the public key.

    `referred` is told now and then which blobs the jobs refer to.

    Raises InvalidInput for settings that cannot be used, StorageFailed for a store that cannot,
    and Fenced once another broker has taken over.
    """
    keys = cluster_folder() if settings.keys is None else settings.keys
    own = KeyPair.load_or_new(keys / "key.toml")
    trust = Trust(keys / "trust.toml")
    with _kept(settings) as store, _stopping() as stopping:
        machine = _restored(store, settings.policy)
        sessions = Sessions(trust, Greeting(settings.name, settings.blobs, LARGEST_HEARD))
        with Listener(settings.listen, own, trust.allow) as listener:
            daemon = Daemon(listener, machine, store, sessions, settings.policy, referred=referred)
            stopping(daemon.stop)
            ready(listener.address, own.public)
            daemon.run()


def _restored(store: Store, policy: BrokerPolicy) -> Broker:
    """The machine as the last broker left it.

    What is loaded lives long: looking through it for garbage, now and at every later collection,
    would take longer than loading it.
    """
    gc.disable()
    try:
        loaded = store.open()
        machine = Broker(loaded, policy, clock(), store.jobs)
        gc.freeze()
    finally:
        gc.enable()
    gc.set_threshold(_YOUNG, 20, 50)
    return machine


@contextmanager
def _kept(settings: BrokerSettings) -> Iterator[Store]:
    """The store, closed in the end; a folder belongs to one broker at a time."""
    with locked(settings.folder, "broker"):
        store = _store(settings)
        try:
            yield store
        finally:
            store.close()


def _store(settings: BrokerSettings) -> Store:
    if not settings.database:
        return SqliteStore(settings.folder / QUEUE)
    try:
        from cluster_agent.store.postgres import PostgresStore
    except ImportError as error:
        raise InvalidInput(
            "A queue on PostgreSQL needs psycopg, which is not installed.",
            remedy="Install reelwright with the extra 'postgres'.",
        ) from error
    return PostgresStore(settings.database)


@contextmanager
def _stopping() -> Iterator[Callable[[Callable[[], None]], None]]:
    """SIGTERM and SIGINT end a standby or a start at once, and later do what is given here."""
    stop: list[Callable[[], None]] = []

    def heard(number: int, _frame: object) -> None:
        if not stop:
            raise KeyboardInterrupt
        stop[0]()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop.append
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
