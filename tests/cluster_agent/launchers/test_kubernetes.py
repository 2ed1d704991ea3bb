"""The manifest, held against Kubernetes' own schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cluster_agent.launchers.kubernetes import manifest, manifest_text
from cluster_agent.launchers.protocol import AgentPlan

kubernetes_validate = pytest.importorskip("kubernetes_validate")

PLAN = AgentPlan("render", "studio", Path("/keys"), Path("/state"), count=3, gpus=8, memory=2**36)


def made(plan: AgentPlan = PLAN) -> dict[str, Any]:
    return dict(manifest(plan, image="example/reelwright:1", secret="reelwright-keys"))


@pytest.mark.parametrize("version", ["1.28", "1.31", "1.33"])
def test_kubernetes_accepts_it(version: str) -> None:
    kubernetes_validate.validate(made(), version, strict=True)


def test_the_schemas_would_find_a_mistake() -> None:
    wrong = made()
    wrong["spec"]["replicas"] = "three"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


def test_each_agent_has_its_gpus_its_disk_and_a_name_of_its_own() -> None:
    spec = made()["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["replicas"] == 3
    assert container["resources"]["limits"] == {
        "cpu": "4",
        "memory": str(2**36),
        "nvidia.com/gpu": "8",
    }
    assert container["command"][5] == "render-$(POD_NUMBER)"
    assert spec["volumeClaimTemplates"][0]["metadata"]["name"] == "state"


def test_a_pod_may_drain_and_may_do_nothing_else() -> None:
    pod = made()["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 120
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_the_text_is_the_manifest() -> None:
    text = manifest_text(PLAN, image="example/reelwright:1", secret="reelwright-keys")
    assert json.loads(text) == made()
