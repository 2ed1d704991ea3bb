"""A hub in a folder, for tests: the two calls that fetching a model makes.

FAKE_HUB        the folder; a repository 'owner/name' is the folder 'owner/name' in it
FAKE_HUB_STOPS  'offline', 'gated', or how many bytes are given before it waits for good
FAKE_HUB_HEAD   the newest revision's name; others are given by the name that is asked for
"""

from __future__ import annotations

import hashlib
import os
import threading
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

PIECE = 1000


class LocalEntryNotFoundError(Exception):
    """What the real one raises where there is no network."""


class GatedRepoError(Exception):
    """What the real one raises where terms are to be accepted."""


class HfApi:
    def model_info(self, repo_id, *, revision=None, files_metadata=False):
        return SimpleNamespace(
            sha=revision or os.environ.get("FAKE_HUB_HEAD", "head"),
            siblings=[
                SimpleNamespace(
                    rfilename=str(path.relative_to(_repo(repo_id))),
                    size=path.stat().st_size,
                    lfs=_lfs(path),
                )
                for path in _files(repo_id)
            ],
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


def _lfs(path):
    """Digests are stated for weights only; a file 'x.digest' beside one states another."""
    if path.suffix != ".safetensors":
        return None
    lie = path.with_suffix(".digest")
    told = lie.read_text() if lie.exists() else hashlib.sha256(path.read_bytes()).hexdigest()
    return SimpleNamespace(sha256=told)


def _repo(repo_id):
    if os.environ.get("FAKE_HUB_STOPS") == "offline":
        raise LocalEntryNotFoundError("line 1\nline 2")
    if os.environ.get("FAKE_HUB_STOPS") == "gated":
        raise GatedRepoError("line 1\nline 2")
    return Path(os.environ["FAKE_HUB"]) / repo_id


def _files(repo_id):
    return sorted(path for path in _repo(repo_id).rglob("*") if path.is_file())
