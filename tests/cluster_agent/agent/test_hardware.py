"""What a machine says of itself."""

from __future__ import annotations

import os

import pytest

from cluster_agent.agent import hardware
from cluster_agent.agent.hardware import environment, gpus_in, this_machine
from cluster_agent.agent.kernel import forget_peak, memory_here, memory_of, oom_kills, peak_memory
from cluster_agent.protocol.messages import Gpu

GIB = 1 << 30
TWO = (Gpu(name="H200", memory=140 * GIB), Gpu(name="L40S", memory=48 * GIB))


def test_the_drivers_answer_is_read() -> None:
    assert gpus_in(["NVIDIA H200, 143771", "odd", "Tesla, T4, 15360", ""]) == (
        Gpu(name="NVIDIA H200", memory=143771 << 20),
        Gpu(name="Tesla, T4", memory=15360 << 20),
    )


def test_a_machine_without_gpus_shares_its_memory_among_its_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hardware, "_gpus", lambda: ())
    machine = this_machine(2)
    assert [gpu.name for gpu in machine.gpus] == ["cpu", "cpu"]
    assert machine.gpus[0].memory == machine.memory // 2
    assert "CUDA_VISIBLE_DEVICES" not in environment(machine, 0)
    assert environment(machine, 0)["OMP_WAIT_POLICY"] == "PASSIVE"


def test_each_slot_sees_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_gpus", lambda: TWO)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert this_machine().gpus == TWO
    assert this_machine(1).gpus == TWO[:1]
    assert environment(this_machine(), 1)["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-7")
    assert environment(this_machine(), 1)["CUDA_VISIBLE_DEVICES"] == "GPU-7"


def test_memory_is_measured_while_it_is_held() -> None:
    forget_peak()
    before = memory_of(os.getpid())
    held = bytearray(b"x" * (64 << 20))
    assert memory_of(os.getpid()) >= before + (60 << 20)
    del held
    assert peak_memory() >= before + (60 << 20)
    assert memory_of(2**30) == 0
    assert memory_here() > 0
    assert oom_kills() >= 0
