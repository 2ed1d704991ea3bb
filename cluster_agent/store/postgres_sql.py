"""What the PostgreSQL store says to its server; rows go there as one array a column."""

from __future__ import annotations

from typing import Final

_LOCK: Final = "1382378860, 1"  # any two numbers, the same for every broker of a database
WAIT_FOR_LOCK: Final = f"SELECT pg_advisory_lock({_LOCK})"
TRY_LOCK: Final = f"SELECT pg_try_advisory_lock({_LOCK})"

TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS reelwright;
CREATE TABLE IF NOT EXISTS reelwright.reign (
    one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL, term bigint NOT NULL,
    last_number bigint NOT NULL, last_event bigint NOT NULL);
CREATE TABLE IF NOT EXISTS reelwright.jobs (
    number bigint PRIMARY KEY, owner text NOT NULL, key bytea NOT NULL, state text NOT NULL,
    ended double precision, record bytea NOT NULL, UNIQUE (owner, key));
CREATE INDEX IF NOT EXISTS jobs_by_state ON reelwright.jobs (state, number);
CREATE INDEX IF NOT EXISTS jobs_by_owner ON reelwright.jobs (owner, state, number);
CREATE INDEX IF NOT EXISTS jobs_by_end ON reelwright.jobs (ended) WHERE ended IS NOT NULL;
CREATE TABLE IF NOT EXISTS reelwright.specs (number bigint PRIMARY KEY, spec bytea NOT NULL);
CREATE TABLE IF NOT EXISTS reelwright.events (seq bigint PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE IF NOT EXISTS reelwright.flows (
    tier text NOT NULL, owner text NOT NULL, tag double precision NOT NULL,
    served double precision NOT NULL, paused boolean NOT NULL, weight double precision NOT NULL,
    slots bigint, cost double precision, queued bigint, PRIMARY KEY (tier, owner));
CREATE TABLE IF NOT EXISTS reelwright.means (
    kind bytea PRIMARY KEY, seconds double precision NOT NULL, jobs bigint NOT NULL);
"""
FIRST_REIGN: Final = """
INSERT INTO reelwright.reign VALUES (1, %s, 0, 0, 0) ON CONFLICT DO NOTHING"""
VERSION: Final = "SELECT version FROM reelwright.reign"
BEGIN_REIGN: Final = "UPDATE reelwright.reign SET term = term + 1 RETURNING term"
TERM: Final = "SELECT term FROM reelwright.reign"
# Waits for a reign that is beginning, and lets none begin before this transaction has ended.
REIGN: Final = "SELECT term FROM reelwright.reign FOR SHARE"

SPECS: Final = "SELECT number, spec FROM reelwright.specs WHERE number = ANY(%s::bigint[])"
JOBS: Final = "SELECT number, record FROM reelwright.jobs WHERE number = ANY(%s::bigint[])"
UNENDED_JOBS: Final = "SELECT record FROM reelwright.jobs WHERE state = ANY(%s::text[])"
KEYS: Final = "SELECT owner, key, number FROM reelwright.jobs"
FLOWS: Final = "SELECT * FROM reelwright.flows"
MEANS: Final = "SELECT * FROM reelwright.means"
EVENTS: Final = """
SELECT seq, body FROM reelwright.events WHERE seq > %s ORDER BY seq LIMIT %s"""
LAST_NUMBERS: Final = """
SELECT greatest(last_number, (SELECT max(number) FROM reelwright.jobs)),
    greatest(last_event, (SELECT max(seq) FROM reelwright.events)),
    coalesce((SELECT min(seq) FROM reelwright.events), last_event + 1)
FROM reelwright.reign"""


def _newest(of_owner: str) -> str:
    return f"""
SELECT found.record FROM unnest(%(states)s::text[]) AS sought (state), LATERAL (
    SELECT number, record FROM reelwright.jobs
    WHERE jobs.state = sought.state AND number < %(before)s {of_owner}
    ORDER BY number DESC LIMIT %(limit)s) AS found
ORDER BY found.number DESC LIMIT %(limit)s"""


NEWEST: Final = _newest("")
NEWEST_OF_OWNER: Final = _newest("AND owner = %(owner)s")

PUT_JOBS: Final = """
INSERT INTO reelwright.jobs SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::double precision[], %s::bytea[])
ON CONFLICT (number) DO UPDATE SET
    state = excluded.state, ended = excluded.ended, record = excluded.record"""
PUT_SPECS: Final = """
INSERT INTO reelwright.specs SELECT * FROM unnest(%s::bigint[], %s::bytea[])
ON CONFLICT (number) DO UPDATE SET spec = excluded.spec"""
PUT_EVENTS: Final = """
INSERT INTO reelwright.events SELECT * FROM unnest(%s::bigint[], %s::bytea[])
ON CONFLICT (seq) DO UPDATE SET body = excluded.body"""
PUT_FLOWS: Final = """
INSERT INTO reelwright.flows SELECT * FROM unnest(
    %s::text[], %s::text[], %s::double precision[], %s::double precision[], %s::boolean[],
    %s::double precision[], %s::bigint[], %s::double precision[], %s::bigint[])
ON CONFLICT (tier, owner) DO UPDATE SET
    tag = excluded.tag, served = excluded.served, paused = excluded.paused,
    weight = excluded.weight, slots = excluded.slots, cost = excluded.cost,
    queued = excluded.queued"""
PUT_MEANS: Final = """
INSERT INTO reelwright.means SELECT * FROM unnest(
    %s::bytea[], %s::double precision[], %s::bigint[])
ON CONFLICT (kind) DO UPDATE SET seconds = excluded.seconds, jobs = excluded.jobs"""

REMEMBER_LAST: Final = """
UPDATE reelwright.reign SET
    last_number = greatest(last_number, (SELECT max(number) FROM reelwright.jobs)),
    last_event = greatest(last_event, (SELECT max(seq) FROM reelwright.events))"""
FORGET_JOBS: Final = """
DELETE FROM reelwright.jobs WHERE number IN (
    SELECT number FROM reelwright.jobs WHERE ended < %s ORDER BY ended LIMIT %s)
RETURNING number, owner, key"""
FORGET_SPECS: Final = "DELETE FROM reelwright.specs WHERE number = ANY(%s::bigint[])"
FORGET_EVENTS: Final = "DELETE FROM reelwright.events WHERE seq < %s"
