"""Starting a child, not finding one, and what is said of its end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ReelwrightError, StorageFailed
from studio.machines import launch
from studio.machines.child import Called
from studio.machines.keeper import how_it_ended
from studio.machines.launch import Child, Start, child_environment, find_child, find_or_start


def test_the_child_gets_nothing_of_the_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QML_IMPORT_PATH"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setenv("KEPT", "1")
    environment = child_environment()
    assert not {name for name in environment if name.startswith(("QT_", "QML"))}
    assert "DISPLAY" not in environment
    assert "WAYLAND_DISPLAY" not in environment
    assert (environment["OMP_WAIT_POLICY"], environment["KEPT"]) == ("PASSIVE", "1")


def test_there_is_no_child_without_its_lock_or_its_process(tmp_path: Path) -> None:
    assert find_child(tmp_path) is None
    Called(os.getpid(), "tcp://127.0.0.1:1", "k" * 40).save(tmp_path)
    assert find_child(tmp_path) is None
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    assert find_child(tmp_path) is None
    fcntl.flock(handle, fcntl.LOCK_EX)
    found = find_child(tmp_path)
    assert found is not None
    assert (found.joined, found.alive, found.exit) == (True, True, None)
    assert found.memory().all > 1 << 20
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    Called(gone.pid, "tcp://127.0.0.1:1", "k" * 40).save(tmp_path)
    assert find_child(tmp_path) is None
    os.close(handle)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"process": "x"}', b"\xff"])
def test_a_damaged_address_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "child.json").write_bytes(content)
    assert Called.load(tmp_path) is None


def test_a_child_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("not a folder")
    with pytest.raises(ReelwrightError, match=r"did not start: Cannot .*queue.*log is"):
        find_or_start(tmp_path, Start())


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="cannot be written"):
        find_or_start(tmp_path / "file" / "child", Start())


def test_one_that_does_not_listen_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "STOP_PATIENCE", 0.2)
    deaf = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(1, flush=True);"
    deaf += "sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        child = Child(Called(process.pid, "", ""), process)
        child.stop()
        assert child.exit == -signal.SIGKILL


def test_how_it_ended_in_words() -> None:
    mib = 1 << 20
    assert how_it_ended(-9, 398 * mib, 0) == (
        "The process that runs graphs here was killed (SIGKILL). It held 398 MiB of memory at most."
    )
    assert "as memory ran out" in how_it_ended(-9, mib, 1)
    assert how_it_ended(3, 0, 0) == "The process that runs graphs here ended with code 3."
    assert how_it_ended(None, 0, 0) == "The process that runs graphs here is gone."
    assert "signal 99" in how_it_ended(-99, 0, 0)
