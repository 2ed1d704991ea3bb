"""One run of a plan: results looked up, the others computed, failures kept to their branch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import BlockedByPolicy, Cancelled, ReelwrightError, StorageFailed
from engine.graph.params import ParamValue
from engine.run.cache import Outputs
from engine.run.calls import Calls, calls_for, gathered, outputs_of
from engine.run.context import RunContext, RunningDocument, Services
from engine.run.events import Wrote
from engine.run.failures import explain, is_out_of_memory
from engine.run.fingerprint import Identity, files_named, identify, identify_late
from engine.run.plan import Plan, Step
from engine.run.results import DEAR_SECONDS, Results, artifacts_in
from engine.run.run_files import RunFiles
from engine.run.runner import Outcome, RunResult
from engine.values import Artifact


@dataclass
class Execution:
    """The state of one run.  `values` holds what this run still needs, whatever the caches keep."""

    plan: Plan
    running: RunningDocument
    services: Services
    results: Results
    files: RunFiles
    clock: Callable[[], float]
    identities: dict[str, Identity] = field(default_factory=dict)
    values: dict[str, Outputs] = field(default_factory=dict)
    errors: dict[str, ReelwrightError] = field(default_factory=dict)
    culprits: dict[str, str] = field(default_factory=dict)
    """For each node without a result, the failed node that is the reason."""
    computed: set[str] = field(default_factory=set)
    """Fingerprints of what this run has kept: equal work is done once, even when fresh."""
    artifacts: list[Artifact] = field(default_factory=list)

    def run(self) -> RunResult:
        """Compute everything that is wanted and not there."""
        self.identities = identify(self.plan, self.files)
        missing = self._look_up()
        users = Counter(source for step in missing.values() for source, _ in step.inputs.values())
        users.update(self.plan.wanted)
        cancelled = False
        try:
            for step in missing.values():
                self.services.check()
                self._advance(step)
                for source, _ in step.inputs.values():
                    users[source] -= 1
                    if not users[source]:
                        self.values.pop(source, None)
        except Cancelled:
            cancelled = True
        return RunResult(
            outcome=self._outcome(cancelled),
            values={id: self.values[id] for id in self.plan.wanted if id in self.values},
            errors=self.errors,
            artifacts=tuple(self.artifacts),
        )

    def _outcome(self, cancelled: bool) -> Outcome:
        if cancelled:
            return "cancelled"
        if any(isinstance(error, BlockedByPolicy) for error in self.errors.values()):
            return "blocked"
        return "failed" if self.errors else "succeeded"

    def _look_up(self) -> dict[str, Step]:
        """Take from the caches what is wanted; the steps that are left to compute, in order.

        Going from the ends to the beginnings, only what a missing node leans on is looked up.
        """
        wanted = set(self.plan.wanted)
        missing: list[Step] = []
        for id, step in reversed([*self.plan.steps.items()]):
            if id not in wanted:
                continue
            found = self._recall(self.identities.get(id))
            if found is not None:
                self._accept(step, found)
            else:
                missing.append(step)
                wanted.update(source for source, _ in step.inputs.values())
        steps = {step.node.id: step for step in reversed(missing)}
        if self.services.emitter.listening:
            for id in self.plan.steps:
                if id not in steps:
                    self.services.emitter.node(id, "cached")
        return steps

    def _recall(self, identity: Identity | None) -> Outputs | None:
        if identity is None or not identity.lasting:
            return None
        if self.running.fresh and identity.fingerprint not in self.computed:
            return None
        return self.results.get(identity.fingerprint)

    def _accept(self, step: Step, outputs: Outputs) -> None:
        self.values[step.node.id] = outputs
        self.artifacts.extend(artifacts_in(outputs))

    def _advance(self, step: Step) -> None:
        """Bring one node to its end: a result, a failure, or skipped for another's failure."""
        id, emitter = step.node.id, self.services.emitter
        for source, _ in step.inputs.values():
            if source in self.culprits:
                culprit = self.culprits[id] = self.culprits[source]
                emitter.node(id, "skipped", message=f"Not run, because node '{culprit}' failed.")
                return
        emitter.node(id, "started")
        started = self.clock()
        try:
            computed = self._produce(step, started)
        except Cancelled:
            emitter.node(id, "cancelled", self.clock() - started)
            raise
        except Exception as error:  # noqa: BLE001 - a node is foreign code: it may raise anything
            self._fail(id, error, self.clock() - started)
            return
        emitter.node(id, "done" if computed else "cached", self.clock() - started)

    def _fail(self, id: str, error: Exception, seconds: float) -> None:
        if is_out_of_memory(error):
            self.results.release_memory()
        failure = self.errors[id] = explain(id, error)
        self.culprits[id] = id
        self.services.emitter.node(id, "failed", seconds, str(failure))

    def _produce(self, step: Step, started: float) -> bool:
        """Get a node's result into `values`; false if it was found after all."""
        node = step.node
        arrived = {name: self.values[source][port] for name, (source, port) in step.inputs.items()}
        calls = calls_for(node, arrived)
        identity = self.identities.get(node.id)
        looked_up = identity is not None
        if identity is None:
            identity = self.identities[node.id] = self._identify_late(step, calls)
        # Equal outputs may want files of different names, which are no part of their identity.
        done_before = identity.fingerprint in self.computed and not node.type.output
        if done_before or not looked_up:
            found = self._recall(identity)
            if found is not None:
                self._accept(step, found)
                return False
        if not calls.mapped:
            outputs, dear = self._call(step, calls.fields[0], identity, started)
            self._keep(step, identity, outputs, dear)
        else:
            outputs = self._map(step, calls, identity, started)
        self.values[node.id] = outputs
        return True

    def _identify_late(self, step: Step, calls: Calls) -> Identity:
        sources = {
            source: (
                self.plan.steps[source].node.type,
                self.identities[source],
                self.values[source],
            )
            for source, _ in step.inputs.values()
        }
        names = step.node.type.params
        params: list[Mapping[str, ParamValue]] = [
            {name: fields[name] for name in names}  # type: ignore[misc]  # calls_for checked them
            for fields in calls.fields
        ]
        return identify_late(step, sources, params, self.files)

    def _call(
        self, step: Step, fields: dict[str, object], identity: Identity, started: float
    ) -> tuple[Outputs, bool]:
        """Run the node once: its outputs, and whether they were dear enough for the disk."""
        node = step.node
        context = RunContext(node.id, identity, self.running, self.services)
        files = [*files_named(node.type, fields)]
        self.files.require_same(files)
        outputs = outputs_of(node.type, node.type.node(**fields).run(context))
        for artifact in artifacts_in(outputs):
            self.artifacts.append(artifact)
            path = str(artifact.path)
            self.services.emitter.emit(Wrote(node.id, path, artifact.digest, artifact.signed))
        self.files.require_same(files)
        return outputs, context.checkpointed or self.clock() - started >= DEAR_SECONDS

    def _map(self, step: Step, calls: Calls, identity: Identity, started: float) -> Outputs:
        """Run the node once for each element; a crash costs no finished element."""
        answers: list[Outputs] = []
        any_dear = False
        elements = [identity.element(index) for index in range(len(calls.fields))]
        for element, fields in zip(elements, calls.fields, strict=True):
            self.services.check()
            answer, dear = self._recall(element), True
            if answer is not None:
                self.artifacts.extend(artifacts_in(answer))
            else:
                answer, dear = self._call(step, fields, element, self.clock())
                self._keep(step, element, answer, dear)
            answers.append(answer)
            any_dear = any_dear or dear
        outputs = gathered(step.node.type, answers)
        dear = any_dear or self.clock() - started >= DEAR_SECONDS
        if self._keep(step, identity, outputs, dear):
            for element in elements:
                self.results.discard(element.fingerprint)
        return outputs

    def _keep(self, step: Step, identity: Identity, outputs: Outputs, dear: bool) -> bool:
        """Keep a result; once it is safe on disk (true), its checkpoints have served their time."""
        if not identity.lasting:
            return False
        self.computed.add(identity.fingerprint)
        try:
            on_disk = self.results.put(identity.fingerprint, outputs, dear=dear)
        except StorageFailed as error:
            self.services.emitter.note(step.node.id, f"The result was not kept on disk: {error}")
            return False
        if on_disk:
            self.services.checkpoints.discard(identity.fingerprint)
        return on_disk
