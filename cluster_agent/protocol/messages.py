"""Every message of the protocol, version 1: who says it, and what it must hold.

A message is one frame: a msgpack map of `kind` and the fields below.  `re` is a number the asker
chose; the answer carries it.  All are frozen, strict and closed: an unknown field is refused.
PROTOCOL.md tells the conversations in which they are used.
"""

from __future__ import annotations

from typing import TypeAlias

from cluster_agent.protocol.agent_messages import (
    AgentInfo,
    Assign,
    Beat,
    Beaten,
    Failed,
    Finished,
    Gpu,
    Prefetch,
    Ready,
    Register,
    Registered,
    Report,
    Started,
    Stop,
    Stopped,
)
from cluster_agent.protocol.blob_messages import (
    Blob,
    CheckBlob,
    Chunk,
    GetBlob,
    Grant,
    PutBlob,
    StatBlob,
)
from cluster_agent.protocol.client_messages import (
    AgentChanged,
    AgentList,
    AgentView,
    Cancel,
    Changed,
    Credit,
    Drain,
    GetJobs,
    GetStatus,
    JobList,
    JobView,
    ListAgents,
    ListJobs,
    Move,
    Pause,
    PauseFlow,
    Progress,
    Resume,
    Retry,
    SetTerms,
    Status,
    Submit,
    Submitted,
    Watch,
    Watching,
)
from cluster_agent.protocol.message import (
    VERSION,
    Checkpoint,
    Count,
    Done,
    Elapsed,
    Fault,
    Frozen,
    Hello,
    JobId,
    Key,
    Lease,
    Many,
    Message,
    Phase,
    Ping,
    Refused,
    State,
    Welcome,
)
from cluster_agent.protocol.pair_messages import (
    Nonce,
    Pair,
    PairAgreed,
    Paired,
    PairOffer,
    PairReveal,
)

FromClient: TypeAlias = (
    Hello | Ping | Submit | Cancel | Pause | Resume | Retry | Move | ListJobs | GetJobs | Watch
    | Credit | ListAgents | GetStatus | Drain | SetTerms | PauseFlow
)  # fmt: skip
FromAgent: TypeAlias = (
    Hello | Ping | Register | Beat | Ready | Started | Report | Finished | Failed | Stopped
)
ToClient: TypeAlias = (
    Welcome | Refused | Done | Submitted | JobList | Watching | Changed | Progress | AgentChanged
    | AgentList | Status
)  # fmt: skip
ToAgent: TypeAlias = Welcome | Refused | Done | Registered | Beaten | Assign | Prefetch | Stop
ToBlobs: TypeAlias = Hello | Ping | StatBlob | CheckBlob | PutBlob | GetBlob | Chunk
FromBlobs: TypeAlias = Welcome | Refused | Done | Blob | Grant | Chunk
ToDoor: TypeAlias = Pair | PairReveal | PairAgreed
FromDoor: TypeAlias = Refused | PairOffer | Paired

__all__ = [
    "VERSION",
    "AgentChanged",
    "AgentInfo",
    "AgentList",
    "AgentView",
    "Assign",
    "Beat",
    "Beaten",
    "Blob",
    "Cancel",
    "Changed",
    "CheckBlob",
    "Checkpoint",
    "Chunk",
    "Count",
    "Credit",
    "Done",
    "Drain",
    "Elapsed",
    "Failed",
    "Fault",
    "Finished",
    "FromAgent",
    "FromBlobs",
    "FromClient",
    "FromDoor",
    "Frozen",
    "GetBlob",
    "GetJobs",
    "GetStatus",
    "Gpu",
    "Grant",
    "Hello",
    "JobId",
    "JobList",
    "JobView",
    "Key",
    "Lease",
    "ListAgents",
    "ListJobs",
    "Many",
    "Message",
    "Move",
    "Nonce",
    "Pair",
    "PairAgreed",
    "PairOffer",
    "PairReveal",
    "Paired",
    "Pause",
    "PauseFlow",
    "Phase",
    "Ping",
    "Prefetch",
    "Progress",
    "PutBlob",
    "Ready",
    "Refused",
    "Register",
    "Registered",
    "Report",
    "Resume",
    "Retry",
    "SetTerms",
    "Started",
    "StatBlob",
    "State",
    "Status",
    "Stop",
    "Stopped",
    "Submit",
    "Submitted",
    "ToAgent",
    "ToBlobs",
    "ToClient",
    "ToDoor",
    "Watch",
    "Watching",
    "Welcome",
]
