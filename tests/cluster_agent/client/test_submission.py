"""What a job says it needs."""

from __future__ import annotations

import pytest

from cluster_agent.client.submission import Terms, submission_of
from engine.errors import InvalidInput
from engine.graph.document import Document, NodeSpec, parse_document
from engine.graph.problems import InvalidDocument
from engine.graph.registry import installed_registry
from engine.run.runner import RunRequest
from studio.project.templates import document as template


def test_a_job_says_what_kind_of_work_it_is_and_which_packs_it_needs() -> None:
    document = template("demo")
    spec = submission_of(RunRequest(document), installed_registry(), Terms(tier="free")).spec
    assert spec.model == "starter"
    assert spec.steps > 0
    assert spec.size > 0
    assert spec.memory > 0
    assert set(spec.packs) == {"reelwright"}
    assert spec.tier == "free"
    assert parse_document(spec.graph) == document


def test_each_submission_is_a_new_job_unless_it_has_a_key() -> None:
    request, registry = RunRequest(template("demo")), installed_registry()
    first, second = (submission_of(request, registry, Terms()).spec.key for _ in range(2))
    assert first != second
    assert submission_of(request, registry, Terms(key="mine")).spec.key == "mine"


def test_a_graph_that_cannot_run_is_not_sent() -> None:
    broken = Document(nodes={"x": NodeSpec(type="no.such", version=1)})
    with pytest.raises(InvalidDocument, match=r"no\.such"):
        submission_of(RunRequest(broken), installed_registry(), Terms())


def test_a_graph_too_large_for_a_message_is_refused_with_its_size() -> None:
    document = template("demo")
    large = document.model_copy(update={"view": {"note": "x" * (1 << 20)}})
    with pytest.raises(InvalidInput, match="KiB; at most 1024"):
        submission_of(RunRequest(large), installed_registry(), Terms())
