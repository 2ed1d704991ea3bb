"""The shelf over a hub in a folder: what it shows, and downloads that are stopped and go on."""

from __future__ import annotations

import json
import os
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models import catalog
from engine.models.costs.blueprint import blueprint
from engine.models.estimate import DEVICES, Estimate, Work, estimate
from engine.models.fetched import partial_folder, remove
from engine.models.memory.plan import ALL_STAY, HEADROOM
from studio.project import shelf as shelf_module
from studio.project.shelf import Download, Shelf, look

ROOT = Path(__file__).parents[3]
LONG = 30.0


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder of the model 'far', which the catalog names."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests/fake_hub")]))
    monkeypatch.setenv("FAKE_HUB", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
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
    assert (far.size, far.size_is_estimate) == (2_000_000_000, True)
    assert far.can_fetch
    assert not far.can_remove
    assert far.origin == "huggingface.co/someone/far"
    assert far.folder == Path(os.environ["REELWRIGHT_MODELS"]) / "far"
    assert far.free > 0


def test_memory_is_what_estimates_and_plans_say() -> None:
    wan, work = model("wan2.1-t2v-1.3b"), Work(832, 480, 81, 50, 5.0)

    def on(memory: float) -> Estimate:
        gpu = replace(DEVICES["h200"], memory=round(memory / HEADROOM) + 1)
        return estimate(blueprint(wan.id), work, gpu)

    assert on(wan.memory).way == ALL_STAY.name
    assert on(wan.memory).peak == wan.memory
    assert on(wan.least_memory).peak == wan.least_memory < wan.memory
    assert not on(wan.least_memory * 0.99).fits
    assert model("starter").least_memory == model("starter").memory > 0
    assert model("far").memory == model("far").least_memory == 0, "nobody knows its networks"


def test_what_a_damaged_model_takes_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    entry = f'[[model]]\nid = "bad"\nfamily = "wan"\ntitle = "Bad"\nlicence = "CC0"\n\
source = "{tmp_path}"\nsizes = [[64, 64, 9]]\n'
    (Path(os.environ["REELWRIGHT_CONFIG"]) / "catalog.toml").write_text(entry)
    assert model("bad").memory == 0


def test_what_a_model_lacks_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "find_spec", lambda name: object())
    assert model("far").lacks == "This version of Reelwright cannot run it yet."
    monkeypatch.setattr(shelf_module, "find_spec", lambda name: None)
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


def test_without_the_client_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "huggingface_hub.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path / "without")]))
    download = Shelf().fetch("far")
    assert download.wait(LONG)
    assert "huggingface_hub" in download.error


def test_a_licence_with_conditions_is_accepted_once() -> None:
    catalog_file = Path(os.environ["REELWRIGHT_CONFIG"]) / "catalog.toml"
    catalog_file.write_text(catalog_file.read_text().replace("CC0", "House Licence", 1))
    assert model("far").to_accept == "House Licence"
    refused = Shelf().fetch("far")
    assert refused.wait(LONG)
    assert "'far' comes under the House Licence" in refused.error
    Shelf().accept("House Licence")
    assert model("far").to_accept == ""
    taken = Shelf().fetch("far")
    assert taken.wait(LONG)
    assert taken.state == "done"


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
