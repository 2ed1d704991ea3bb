"""What is said to the blob service, and by it."""

from __future__ import annotations

from cluster_agent.protocol.job_spec import Digest
from cluster_agent.protocol.message import Count, Message


class StatBlob(Message):
    """Is it there?  Answered by Blob."""

    kind = "stat_blob"
    digest: Digest


class Blob(Message):
    """A blob is there when `have` equals `size`; otherwise sending goes on at `have`."""

    kind = "blob"
    digest: Digest
    size: Count | None
    have: Count


class CheckBlob(Message):
    """What I received of it does not match: is yours damaged?  Answered by Blob or Refused."""

    kind = "check_blob"
    digest: Digest


class PutBlob(Message):
    """I want to send a blob.  Answered by Grant, at what is there already, or Refused (quota)."""

    kind = "put_blob"
    digest: Digest
    size: Count


class Grant(Message):
    """Go on at `have`; bytes up to `until` may be sent.

    Once `whole`, the blob is checked and durable; before, nothing is promised.
    """

    kind = "grant"
    digest: Digest
    have: Count
    until: Count
    whole: bool = False


class GetBlob(Message):
    """Send me a blob from `offset`, at most up to byte `until`; ask on before it is reached."""

    kind = "get_blob"
    digest: Digest
    offset: Count
    until: Count


class Chunk(Message):
    """Bytes of a blob, in either direction; `re` is that of the PutBlob or GetBlob."""

    kind = "chunk"
    digest: Digest
    offset: Count
    size: Count  # of the whole blob
    data: bytes
