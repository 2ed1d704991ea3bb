"""systemd: units that keep a broker or an agent running on this computer."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

STOP_SECONDS = 120
"""How long an agent may drain before it is killed."""


def unit(title: str, command: Sequence[str], folder: Path) -> str:
    """A unit for `systemctl --user` or the system: restarted when it ends, drained when stopped.

    It may write to `folder` alone.
    """
    return f"""\
[Unit]
Description={title}
After=network-online.target
Wants=network-online.target

[Service]
Type=exec
ExecStart={" ".join(shlex.quote(word.replace("%", "%%")) for word in command)}
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec={STOP_SECONDS}
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={folder}
LimitNOFILE=65536

[Install]
WantedBy=default.target
"""
