"""A hub in a folder, for tests: the two calls that fetching a model makes.

FAKE_HUB        the folder; a repository 'owner/name' is the folder 'owner/name' in it
FAKE_HUB_STOPS  'offline', or how many bytes are given before it waits for good
"""

from __future__ import annotations

import os
import threading
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

PIECE = 1000


class LocalEntryNotFoundError(Exception):
    """What the real one raises where there is no network."""


class HfApi:
    def model_info(self, repo_id, *, revision=None, files_metadata=False):
        return SimpleNamespace(
            siblings=[
                SimpleNamespace(rfilename=str(p.relative_to(_repo(repo_id))), size=p.stat().st_size)
                for p in _files(repo_id)
            ]
        )


def snapshot_download(repo_id, *, revision=None, local_dir, allow_patterns):
    stops = os.environ.get("FAKE_HUB_STOPS", "")
    left = int(stops) if stops else -1
    for source in _files(repo_id):
        name = source.relative_to(_repo(repo_id))
        if not any(fnmatch(str(name), pattern) for pattern in allow_patterns):
            continue
        target = Path(local_dir) / name
        unfinished = Path(local_dir) / ".cache" / f"{name}.incomplete"
        if target.exists():
            continue
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        with open(source, "rb") as reader, open(unfinished, "ab") as writer:
            reader.seek(writer.tell())
            while piece := reader.read(PIECE):
                if left == 0:
                    threading.Event().wait()
                writer.write(piece)
                writer.flush()
                left = max(0, left - PIECE) if left > 0 else left
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(unfinished, target)


def _repo(repo_id):
    if os.environ.get("FAKE_HUB_STOPS") == "offline":
        raise LocalEntryNotFoundError("line 1\nline 2")
    return Path(os.environ["FAKE_HUB"]) / repo_id


def _files(repo_id):
    return sorted(path for path in _repo(repo_id).rglob("*") if path.is_file())
