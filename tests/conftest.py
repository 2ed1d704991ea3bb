"""How busy the machine is decides no test: random examples may take their time, threads wait
without spinning, as in the command line.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything loads torch

# What is exported is audited: tests keep that apart from the record of whoever runs them.
if "REELWRIGHT_STATE" not in os.environ:
    os.environ["REELWRIGHT_STATE"] = tempfile.mkdtemp(prefix="reelwright-tests-")
    atexit.register(shutil.rmtree, os.environ["REELWRIGHT_STATE"], ignore_errors=True)

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
