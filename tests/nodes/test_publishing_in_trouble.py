"""Exports that meet each other, a full disk, a closed door: nothing lost, nothing half-written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from PIL import Image as Pillow

from engine.errors import StorageFailed
from engine.graph.document import Document, dump_document
from engine.media.write_image import write_image
from engine.trust.chosen_identity import signing_identity
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Origin
from nodes import publishing
from nodes.publishing import Export, file_name, publish
from tests.engine.media.samples import run_with_file_limit
from tests.nodes.graphs import graph, node
from tests.nodes.pictures import MADE, picture
from tests.nodes.recording import RecordingContext

TOGETHER = 6


def image_export(level: int) -> Export:
    return Export(
        kind="image",
        name="same",
        suffix=".png",
        origin=MADE,
        write=lambda path: write_image(picture(level=level), path),
        sign=False,
        overwrite=False,
    )


def folder_export(level: int) -> Export:
    def write(path: Path) -> None:
        path.mkdir()
        (path / "level.txt").write_text(str(level))

    return replace(image_export(level), kind="frames", suffix="", write=write)


@pytest.mark.parametrize("make", [image_export, folder_export])
def test_exports_of_one_name_at_the_same_time_all_survive(
    context: RecordingContext, make: Callable[[int], Export]
) -> None:
    start = Barrier(TOGETHER)

    def one(level: int) -> str:
        export = make(level)

        def write(path: Path) -> None:
            export.write(path)
            start.wait(timeout=30)  # so that all of them want their place at once

        return publish(context, replace(export, write=write)).digest

    with ThreadPoolExecutor(TOGETHER) as threads:
        digests = [*threads.map(one, range(TOGETHER))]
    assert len(set(digests)) == TOGETHER
    assert len([*context.output.iterdir()]) == TOGETHER


def test_signed_exports_with_a_sidecar_keep_their_own(context: RecordingContext) -> None:
    """A manifest that stood beside another file would call it altered."""
    start = Barrier(2)

    def one(level: int) -> Path:
        export = replace(image_export(level), suffix=".bmp", sign=True)

        def write(path: Path) -> None:
            Pillow.fromarray(picture(level=level).pixels_HWC).save(path)
            start.wait(timeout=30)

        return publish(context, replace(export, write=write)).path

    with ThreadPoolExecutor(2) as threads:
        paths = [*threads.map(one, (1, 2))]
    assert [verify(path).state for path in paths] == [State.INTACT, State.INTACT]


def test_on_a_disk_without_links_nothing_is_replaced_either(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(publishing.os, "link", refused)
    names = [publish(context, image_export(level)).path.name for level in (1, 2)]
    assert names == ["same.png", "same_2.png"]
    assert len([*context.output.iterdir()]) == 2


def test_a_folder_that_is_replaced_may_be_called_anything(context: RecordingContext) -> None:
    for name in ("replaced", "replaced"):
        publish(context, replace(folder_export(1), name=name, overwrite=True))
    assert [path.name for path in context.output.iterdir()] == ["replaced"]


@pytest.mark.parametrize("prompt", ["ä" * 300, "日本" * 200, "x" * 300])
def test_a_long_prompt_still_makes_a_name_that_a_disk_takes(
    context: RecordingContext, prompt: str
) -> None:
    export = replace(image_export(1), name="{prompt}" * 5, origin=Origin(prompt=prompt))
    for _ in range(2):
        assert publish(context, export).path.is_file()


def test_no_name_looks_like_an_option_or_hides() -> None:
    assert file_name("-rf", MADE) == "rf"
    assert file_name(".hidden", MADE) == "hidden"


def test_a_place_where_nothing_can_be_made_is_told(context: RecordingContext) -> None:
    class Elsewhere(RecordingContext):
        output = Path("/proc/reelwright")  # type: ignore[assignment]

    elsewhere = Elsewhere(context.folder, context.models)
    with pytest.raises(StorageFailed, match=r"Nothing can be written to '/proc/reelwright'.*--out"):
        publish(elsewhere, image_export(1))


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from engine.values import Origin
from nodes.publishing import Export, publish
from tests.nodes.recording import RecordingContext

def write(path):
    path.write_bytes(b"half a picture")
    os.kill(os.getpid(), signal.SIGKILL)

context = RecordingContext(Path(sys.argv[1]), None)
publish(context, Export("image", "same", ".png", Origin(), write, sign=False, overwrite=False))
"""


def test_a_kill_leaves_nothing_to_see_and_the_next_export_tidies_up(
    context: RecordingContext,
) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(context.folder)]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = context.output.iterdir()
    assert left.name.startswith(".")
    publish(context, image_export(1))
    assert [path.name for path in context.output.iterdir()] == ["same.png"]


EXPORTS = {
    "png": node("output.image"),
    "jpg": node("output.image", format="jpg"),
    "still": node("output.image", format="webp"),
    "frames": node("output.frames"),
    **{
        format: node("output.video", format=format, preset="ultrafast", quality=0)
        for format in ("mp4", "mov", "mkv", "webm", "gif", "webp")
    },
}

ON_A_FULL_DISK = """
import json, sys
from pathlib import Path
from engine.graph.document import load_document
from engine.graph.registry import installed_registry
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest

folder = Path(sys.argv[1])
runner = LocalRunner(installed_registry(), folder=folder / "state", output=folder / "out")
result = runner.run(RunRequest(load_document(folder / "graph.reel")))
print(json.dumps({id: str(error) for id, error in result.errors.items()}))
"""


def export_everywhere(source: Path) -> Document:
    """A picture, as itself and as a video, into every kind of file."""
    loaders = {
        "image": node("input.image", path=str(source)),
        "clip": node("input.video", path=str(source)),
    }
    links = [
        f"{port} > {id}.{port}"
        for id, spec in EXPORTS.items()
        for port in ("image" if spec.type == "output.image" else "clip",)
    ]
    return graph({**loaders, **EXPORTS}, *links)


def test_on_a_full_disk_every_export_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    noise_HWC = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    Pillow.fromarray(noise_HWC).save(tmp_path / "noise.png")
    (tmp_path / "graph.reel").write_text(dump_document(export_everywhere(tmp_path / "noise.png")))
    errors = json.loads(run_with_file_limit(20_000, ON_A_FULL_DISK, tmp_path))
    assert set(errors) == set(EXPORTS)
    for id, message in errors.items():
        assert message.startswith(f"Node '{id}': "), message
        assert "large" in message.lower() or "space" in message.lower(), message
    assert [*(tmp_path / "out").iterdir()] == []


@pytest.mark.parametrize("spare", [100, 3_000])
def test_a_disk_that_fills_up_while_signing_leaves_nothing(tmp_path: Path, spare: int) -> None:
    noise_HWC = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Pillow.fromarray(noise_HWC).save(tmp_path / "noise.png")
    nodes = {
        "in": node("input.image", path=str(tmp_path / "noise.png")),
        "out": node("output.image", sign=True),
    }
    (tmp_path / "graph.reel").write_text(dump_document(graph(nodes, "in > out.image")))
    written = (tmp_path / "noise.png").stat().st_size + 1_000
    signing_identity()  # made before the disk is full
    errors = json.loads(run_with_file_limit(written + spare, ON_A_FULL_DISK, tmp_path))
    assert set(errors) == {"out"}
    assert [*(tmp_path / "out").iterdir()] == []
