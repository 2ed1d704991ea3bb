"""The shelf over a hub in a folder: what it shows, and downloads that are stopped and go on."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models import catalog
from engine.models.pull import partial_folder
from studio.project import shelf as shelf_module
from studio.project.shelf import Download, Shelf, look, remove

ROOT = Path(__file__).parents[3]
LONG = 30.0


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder of the model 'far', which the catalog names."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests/fake_hub")]))
    monkeypatch.setenv("FAKE_HUB", str(tmp_path / "hub"))
    config = Path(os.environ["REELWRIGHT_CONFIG"])
    config.mkdir()
    (config / "catalog.toml").write_text(
        '[[model]]\nid = "far"\nfamily = "other"\ntitle = "Far"\nlicence = "CC0"\n'
        'source = "hub:someone/far"\nparameters = { dit = 1_000_000_000 }\n'
        '[[model]]\nid = "mine"\nfamily = "starter"\ntitle = "Mine"\nlicence = "CC0"\n'
        'source = "/nowhere"\n'
    )
    folder = tmp_path / "hub" / "someone" / "far"
    folder.mkdir(parents=True)
    tensor = json.dumps({"w": {"dtype": "U8", "shape": [9000], "data_offsets": [0, 9000]}}).encode()
    content = struct.pack("<Q", len(tensor)) + tensor + bytes(9000)
    (folder / "model.safetensors").write_bytes(content)
    return folder


def model(id: str) -> shelf_module.ShelfModel:
    return next(each for each in look() if each.id == id)


def reached(download: Download, bytes_here: int) -> None:
    """Wait until a download has told of so much."""
    import time

    end = time.monotonic() + LONG
    while download.pulled.done < bytes_here and download.state == "fetching":
        assert time.monotonic() < end, "the download never came so far"
        download.wait(0.05)


def test_every_model_is_shown_with_size_licence_and_place() -> None:
    starter, far = model("starter"), model("far")
    assert starter.here
    assert starter.size > 10e6
    assert not any((starter.can_fetch, starter.can_remove, starter.size_is_estimate))
    assert starter.origin == "Comes with Reelwright"
    assert (far.size, far.size_is_estimate, far.memory) == (2_000_000_000, True, 3_100_000_000)
    assert far.can_fetch
    assert not far.can_remove
    assert far.origin == "huggingface.co/someone/far"
    assert far.folder == Path(os.environ["REELWRIGHT_MODELS"]) / "far"
    assert far.free > 0


def test_what_a_model_lacks_is_one_sentence() -> None:
    assert "reelwright[models]" in model("far").lacks
    assert model("mine").lacks == "Its folder '/nowhere' holds no weights."


def test_a_download_is_told_and_ends_on_the_shelf() -> None:
    shelf = Shelf()
    download = shelf.fetch("far")
    assert download.wait(LONG)
    assert (download.state, download.error) == ("done", "")
    assert download.pulled.done == download.pulled.total > 9000
    assert model("far").here
    assert not shelf.busy


def test_a_stopped_download_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    monkeypatch.setenv("FAKE_HUB_STOPS", "4000")
    first = shelf.fetch("far")
    assert shelf.fetch("far") is first, "one model is fetched once at a time"
    reached(first, 4000)
    first.stop()
    assert first.wait(LONG)
    assert first.state == "stopped"
    assert model("far").fetched >= 4000
    assert model("far").can_remove
    monkeypatch.delenv("FAKE_HUB_STOPS")
    second = shelf.fetch("far")
    assert second.wait(LONG)
    assert second.state == "done"
    assert not partial_folder("far").exists()


def test_without_network_the_sentence_of_the_command_is_shown(monkeypatch) -> None:
    monkeypatch.setenv("FAKE_HUB_STOPS", "offline")
    shelf = Shelf()
    download = shelf.fetch("far")
    assert download.wait(LONG)
    assert download.state == "failed"
    assert download.error.startswith("'far' could not be fetched: the hub cannot be reached.")
    shelf.dismiss("far")
    assert shelf.download("far") is None


def test_without_the_client_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    download = Shelf().fetch("far")
    assert download.wait(LONG)
    assert "huggingface_hub" in download.error


def test_a_command_that_cannot_begin_or_says_nothing_is_told() -> None:
    download = Download("far", ["/no/such/program"])
    assert download.wait(LONG)
    assert download.error == "The download could not begin: No such file or directory."
    silent = Download("far", [sys.executable, "-c", "import sys; print('[1]'); sys.exit(1)"])
    assert silent.wait(LONG)
    assert silent.error.startswith("The download ended without a word")


def test_closing_stops_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_HUB_STOPS", "2000")
    shelf = Shelf()
    download = shelf.fetch("far")
    reached(download, 2000)
    shelf.close()
    assert download.state == "stopped"


def test_removing_takes_what_was_fetched_and_nothing_else() -> None:
    assert Shelf().fetch("far").wait(LONG)
    remove("far")
    assert not catalog.is_here("far")
    for id in ("starter", "mine"):
        with pytest.raises(InvalidInput, match="was not fetched"):
            remove(id)
