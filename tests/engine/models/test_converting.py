"""Pickles become safetensors in a process that can do nothing else, or stay what they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.errors import InvalidInput, InvalidWeights
from engine.models.converting import convert
from engine.models.unpickling import tensors_in

LOCKED = """
import os, socket, subprocess, sys, torch
from engine.models import unpickling

read, lock, held = torch.load, unpickling.lock_down, []
tries = {
    "open": lambda: open("/etc/hostname"),
    "write": lambda: open(sys.argv[1], "w"),
    "remove": lambda: os.unlink(sys.argv[1]),
    "connect": lambda: socket.socket(),
    "start": lambda: subprocess.run(["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
}

def hostile(file, **options):
    for name, attempt in tries.items() if held else ():
        try:
            attempt()
            print("could", name)
        except PermissionError:
            pass
    return read(file, **options)

torch.load = hostile
unpickling.lock_down = lambda memory: held.append(lock(memory))
handles = os.open(sys.argv[2], os.O_RDONLY), os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT)
print(unpickling.main(*handles), held)
"""


class Evil:
    """Starts a program when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> object:
        return os.system, (f"touch {self._mark}",)


def test_tensors_are_written_as_they_are_and_wrappers_left_out(tmp_path: Path) -> None:
    shared = torch.randn(4, 3)
    weights = {
        "a.weight": shared.T,
        "again": shared,
        "half": torch.ones(3, dtype=torch.bfloat16),
        "small": torch.ones(2).to(torch.float8_e4m3fn),
        "one": torch.tensor(5),
    }
    torch.save({"epoch": 3, "state_dict": weights}, tmp_path / "model.pt")
    written = load_file(convert(tmp_path / "model.pt"))
    assert written.keys() == weights.keys()
    for name, tensor in weights.items():
        assert written[name].dtype == tensor.dtype
        assert torch.equal(written[name].float(), tensor.float())


def test_a_pickle_that_holds_more_than_weights_is_refused_and_nothing_written(
    tmp_path: Path,
) -> None:
    mark = tmp_path / "mark"
    torch.save({"w": torch.ones(1), "x": Evil(mark)}, tmp_path / "model.pt")
    with pytest.raises(InvalidWeights, match="holds more than weights") as caught:
        convert(tmp_path / "model.pt")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_the_process_that_reads_it_can_do_nothing_else(tmp_path: Path) -> None:
    """Even if a file made torch run whatever it likes."""
    victim = tmp_path / "victim"
    victim.touch()
    torch.save({"w": torch.ones(1)}, tmp_path / "model.pt")
    files = [str(victim), str(tmp_path / "model.pt"), str(tmp_path / "model.safetensors")]
    done = subprocess.run(
        [sys.executable, "-c", LOCKED, *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    if "[False]" in done.stdout:
        pytest.skip("this kernel enforces nothing")
    assert done.stdout == " [True]\n", done.stderr
    assert victim.exists()
    assert load_file(tmp_path / "model.safetensors").keys() == {"w"}


def test_what_cannot_be_converted_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "model.pt").touch()
    (tmp_path / "model.txt").touch()
    (tmp_path / "there.safetensors").touch()
    for file, output, words in (
        ("none.pt", None, "does not exist"),
        ("model.txt", None, "is none of"),
        ("model.pt", "out.bin", "must end in"),
        ("model.pt", "there.safetensors", "is there already"),
    ):
        with pytest.raises(InvalidInput, match=words):
            convert(tmp_path / file, tmp_path / output if output else None)


def test_tensors_are_found_under_the_names_they_have() -> None:
    one = torch.ones(1)
    assert tensors_in({"model": {"module": {"a": one}}}) == {"a": one}
    assert tensors_in({"w": one, "model": {"b": one}}).keys() == {"w", "model.b"}
    assert tensors_in([one]) == {}
