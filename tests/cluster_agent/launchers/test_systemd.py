"""Units for systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cluster_agent.launchers.systemd import unit

UNIT = unit("Reelwright agent", ["/bin/sh", "-c", "echo 100% of it"], Path("/var/lib/reelwright"))


def test_a_unit_restarts_what_fails_and_lets_it_drain() -> None:
    assert "Restart=on-failure" in UNIT
    assert "TimeoutStopSec=120" in UNIT
    assert "ReadWritePaths=/var/lib/reelwright" in UNIT


def test_percent_signs_are_not_read_as_specifiers() -> None:
    assert "ExecStart=/bin/sh -c 'echo 100%% of it'" in UNIT


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    (tmp_path / "reelwright.service").write_text(UNIT)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "reelwright.service")],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
