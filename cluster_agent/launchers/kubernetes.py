"""Kubernetes: a StatefulSet of a plan's agents, one a pod, each with its own GPUs and disk."""

from __future__ import annotations

import json

from cluster_agent.launchers.protocol import AgentPlan

GRACE_SECONDS = 120
"""How long a pod may drain before it is killed."""


def manifest(plan: AgentPlan, *, image: str, secret: str, disk: str = "200Gi") -> dict[str, object]:
    """The StatefulSet, as plain data.

    `image` is a container image with Reelwright in it, `secret` the Kubernetes secret that holds
    the key folder, `disk` the size of each agent's own volume for models and results.
    """
    labels = {"app.kubernetes.io/name": "reelwright-agent", "app.kubernetes.io/instance": plan.name}
    claim = {
        "metadata": {"name": "state"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": disk}},
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": plan.name, "labels": labels},
        "spec": {
            "serviceName": plan.name,
            "replicas": plan.count,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pod(plan, image, secret)},
            "volumeClaimTemplates": [claim],
        },
    }


def _pod(plan: AgentPlan, image: str, secret: str) -> dict[str, object]:
    resources: dict[str, str] = {"cpu": str(plan.cpus)}
    if plan.memory:
        resources["memory"] = str(plan.memory)
    if plan.gpus:
        resources["nvidia.com/gpu"] = str(plan.gpus)
    number = "$(POD_NUMBER)"
    container = {
        "name": "agent",
        "image": image,
        "command": plan.command(number),
        "env": [
            {
                "name": "POD_NUMBER",
                "valueFrom": {
                    "fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}
                },
            }
        ],
        "resources": {"limits": resources},
        "volumeMounts": [
            {"name": "state", "mountPath": str(plan.folder)},
            {"name": "keys", "mountPath": str(plan.keys), "readOnly": True},
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True},
        "containers": [container],
        "volumes": [{"name": "keys", "secret": {"secretName": secret, "defaultMode": 0o400}}],
    }


def manifest_text(plan: AgentPlan, *, image: str, secret: str, disk: str = "200Gi") -> str:
    """The manifest as JSON, which `kubectl apply -f -` reads like YAML."""
    return json.dumps(manifest(plan, image=image, secret=secret, disk=disk), indent=2) + "\n"
