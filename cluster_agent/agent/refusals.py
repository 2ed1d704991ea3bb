"""Why an agent cannot do a job, told before anything is fetched for it."""

from __future__ import annotations

from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import AgentInfo

GIB = 1 << 30


def reason_to_refuse(spec: JobSpec, info: AgentInfo) -> str:
    """One sentence, or '' if the job can be tried here."""
    if spec.gpus > len(info.gpus):
        return f"The job needs {spec.gpus} GPUs in one machine; this one has {len(info.gpus)}."
    least = min(gpu.memory for gpu in info.gpus)
    if spec.memory > least:
        return (
            f"The job needs {spec.memory / GIB:.1f} GiB of memory on each GPU; "
            f"here are {least / GIB:.1f} GiB."
        )
    if spec.model and spec.model not in info.models:
        return f"The weights of '{spec.model}' are not on this machine."
    return missing_packs(spec.packs, info.packs)


def missing_packs(wanted: dict[str, str], installed: dict[str, str]) -> str:
    """What is missing of the node packs that a document was made with, as a sentence or ''.

    Another version of the same generation (the number before the first dot) will do: nodes carry
    versions of their own, which are checked when the graph is read.
    """
    for pack, version in sorted(wanted.items()):
        here = installed.get(pack)
        if here is None:
            return f"The node pack '{pack}' is not installed on this machine."
        if here.split(".")[0] != version.split(".")[0]:
            return f"The job needs version {version} of the node pack '{pack}'; here is {here}."
    return ""
