"""Another process that goes on from kept states: run with the folder of a case for each argument.

A case's folder holds case.json and the states 0.safetensors, 1.safetensors, ...; from each state
one step is taken and compared with the next one, bit for bit.  What differs is printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file, save_file

from engine.models.family import SampleRequest, SampleState
from engine.values import Adapter, Speed
from tests.engine.models.sampling_runs import clip_of, keyframe, loaded, request_of, states_of

ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True)
class Case:
    """A sample of a family in some mode; `places` are the frames that pictures stand at."""

    family: str
    folder: str
    frames: int
    steps: int = 3
    solver: str = "auto"
    guidance: float = 3.0
    places: tuple[int, ...] = ()
    source: bool = False
    beginning: int = 0
    control: bool = False
    unwanted: bool = True
    positive: str = ""
    speed: Speed = field(default_factory=Speed)
    adapters: tuple[Adapter, ...] = ()

    def model(self) -> Any:
        model = loaded(self.family, Path(self.folder))
        model.adapt(replace(model.handle, speed=self.speed, adapters=self.adapters))
        return model

    def request(self, model: Any) -> SampleRequest:
        changes: dict[str, Any] = {} if self.unwanted else {"negative": None}
        if self.positive:
            changes["positive"] = model.encode_prompt(self.positive)
        return request_of(
            model,
            self.frames,
            steps=self.steps,
            solver=self.solver,
            guidance=self.guidance,
            keyframes=tuple(keyframe(seed, place) for seed, place in enumerate(self.places)),
            source=clip_of(self.frames) if self.source else None,
            beginning=clip_of(self.beginning) if self.beginning else None,
            control=clip_of(self.frames) if self.control else None,
            **changes,
        )


def keep(case: Case, folder: Path) -> int:
    """Sample a case and keep every state; answers how many there are."""
    model = case.model()
    states = states_of(model, case.request(model))
    folder.mkdir(parents=True)
    for state in states:
        tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
        save_file(tensors, folder / f"{state.step}.safetensors")
    told = {"case": asdict(case), "scalars": [dict(state.scalars) for state in states]}
    (folder / "case.json").write_text(json.dumps(told))
    return len(states)


def differences(folder: Path) -> list[str]:
    """Go on from every state of a case that another process kept."""
    told = json.loads((folder / "case.json").read_text())
    case = TypeAdapter(Case).validate_python(told["case"])
    model = case.model()
    request, found = case.request(model), []
    for step in range(len(told["scalars"]) - 1):
        read = load_file(folder / f"{step}.safetensors")
        state = SampleState(step, case.steps, read, told["scalars"][step])
        after = model.step(request, model.restore(request, state))
        expected = load_file(folder / f"{step + 1}.safetensors")
        if after.scalars != told["scalars"][step + 1] or after.tensors.keys() != expected.keys():
            found.append(f"{folder.name}: scalars or names after step {step + 1}")
        found += [
            f"{folder.name}: {name} after step {step + 1}"
            for name, tensor in after.tensors.items()
            if not torch.equal(tensor, expected[name])
        ]
    return found


def told_elsewhere(folders: Iterable[Path]) -> str:
    """What another process says of the cases kept in these folders; 'done' if it agrees."""
    command = [sys.executable, "-m", "tests.engine.models.resumed_elsewhere"]
    told = subprocess.run(
        [*command, str(torch.get_num_threads()), *map(str, folders)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() if told.stdout == "done\n" else told.stdout + told.stderr[-2000:]


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    for argument in sys.argv[2:]:
        for difference in differences(Path(argument)):
            print(difference, flush=True)
    print("done", flush=True)
