"""How busy the machine is decides no test: random examples may take their time, threads wait
without spinning, as in the command line.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.proofs import MARKER

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything loads torch

# Except on Intel's processors with AVX-512, MKL sums in an order that depends on where in memory a
# tensor lies, so that the same product twice is not the same bits; unless it is to be compatible.
_PROCESSOR = Path("/proc/cpuinfo")
_TOLD = _PROCESSOR.read_text("utf-8") if _PROCESSOR.is_file() else ""
if not ("GenuineIntel" in _TOLD and "avx512f" in _TOLD):
    os.environ.setdefault("MKL_CBWR", "COMPATIBLE")

# What is exported is audited: tests keep that apart from the record of whoever runs them.
if "REELWRIGHT_STATE" not in os.environ:
    os.environ["REELWRIGHT_STATE"] = tempfile.mkdtemp(prefix="reelwright-tests-")
    atexit.register(shutil.rmtree, os.environ["REELWRIGHT_STATE"], ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
