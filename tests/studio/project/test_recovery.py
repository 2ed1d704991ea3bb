"""What is offered after a crash: newer, different, whole, and of a studio that is dead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.graph.document import Document, NodeSpec, load_document, save_document
from engine.graph.registry import Registry
from studio.project.backups import Backups, Snapshot
from studio.project.recovery import DAMAGED, Recovery, difference, recovered

LONG_AGO = 1_000_000.0


def document(*ids: str, text: str = "hello") -> Document:
    spec = NodeSpec(type="toy.say", version=1, params={"text": text})
    return Document(name="Toy", nodes=dict.fromkeys(ids, spec))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "autosave"


def crash(backups: Backups) -> None:
    """End a studio as a crash does: its lock goes, its files stay."""
    backups._life.close()


def left_behind(folder: Path, *snapshots: Snapshot) -> Path:
    """The folder of a studio that crashed after these copies."""
    backups = Backups(folder)
    for snapshot in snapshots:
        backups.write(snapshot)
    crash(backups)
    return backups._folder


def snapshot(of: Document, path: Path | None = None, time: float = 2e9, id: str = "a") -> Snapshot:
    return Snapshot(id, of, path, path.stem if path else "Untitled", time)


def saved(path: Path, content: Document, time: float = LONG_AGO) -> Path:
    save_document(content, path)
    os.utime(path, (time, time))
    return path


def test_a_newer_different_copy_is_offered_with_what_differs(folder, tmp_path) -> None:
    path = saved(tmp_path / "mine.reel", document("a", "b"))
    left_behind(folder, snapshot(document("b", "c", text="bye"), path))
    (offer,) = Recovery(folder).offers
    assert (offer.path, offer.name) == (path, "mine")
    assert offer.document == document("b", "c", text="bye")
    assert offer.difference == "Nodes: 1 new, 1 gone, 1 changed"


def test_a_document_that_never_had_a_file_is_offered(folder) -> None:
    left_behind(folder, snapshot(document("a")))
    (offer,) = Recovery(folder).offers
    assert offer.path is None
    assert offer.difference == "1 node, never saved"


@pytest.mark.parametrize(
    ("in_file", "time"),
    [(document("a"), LONG_AGO), (document("b"), 3e9)],
    ids=["the same", "the file is newer"],
)
def test_a_copy_of_no_use_is_not_offered_and_goes(folder, tmp_path, in_file, time) -> None:
    path = saved(tmp_path / "mine.reel", in_file, time)
    left_behind(folder, snapshot(document("a"), path))
    recovery = Recovery(folder)
    assert recovery.offers == recovery.problems == ()
    recovery.close()
    assert list(folder.iterdir()) == []


def test_a_living_studio_keeps_its_copies_to_itself(folder) -> None:
    backups = Backups(folder)
    backups.write(snapshot(document("a")))
    assert Recovery(folder).offers == ()
    crash(backups)
    assert len(Recovery(folder).offers) == 1


def test_only_one_studio_offers_at_a_time(folder) -> None:
    left_behind(folder, snapshot(document("a")))
    first = Recovery(folder)
    assert len(first.offers) == 1
    assert Recovery(folder).offers == ()
    first.close()
    assert len(Recovery(folder).offers) == 1


def test_several_documents_of_several_studios_come_newest_first(folder) -> None:
    copies = [snapshot(document("a"), time=5, id="a"), snapshot(document("b"), time=7, id="b")]
    left_behind(folder, *copies)
    left_behind(folder, snapshot(document("c"), time=6, id="c"))
    assert [offer.id for offer in Recovery(folder).offers] == ["b", "c", "a"]


def test_where_the_file_is_gone_or_damaged_the_copy_is_offered(folder, tmp_path) -> None:
    broken = tmp_path / "broken.reel"
    broken.write_text("{")
    gone = tmp_path / "gone.reel"
    left_behind(
        folder, snapshot(document("a"), broken, id="a"), snapshot(document("b"), gone, id="b")
    )
    assert {offer.path for offer in Recovery(folder).offers} == {broken, gone}


def test_what_is_declined_for_now_is_offered_again_and_what_is_discarded_is_not(folder) -> None:
    left_behind(folder, snapshot(document("a"), id="a"), snapshot(document("b"), id="b"))
    recovery = Recovery(folder)
    next(offer for offer in recovery.offers if offer.id == "a").discard()
    recovery.close()
    again = Recovery(folder)
    assert [offer.id for offer in again.offers] == ["b"]
    again.offers[0].discard()
    again.close()
    assert list(folder.iterdir()) == []


def test_recovering_gives_an_unsaved_document_that_can_be_undone_to_the_file(
    folder, tmp_path
) -> None:
    path = saved(tmp_path / "mine.reel", document("a"))
    left_behind(folder, snapshot(document("b"), path))
    offer = Recovery(folder).offers[0]
    opened = recovered(offer, Registry([]))
    assert opened.id == offer.id, "it finds the runs that were made of it"
    assert opened.dirty
    assert opened.path == path
    assert opened.document == document("b")
    assert load_document(path) == document("a"), "the file is left alone until the user saves"
    opened.undo()
    assert opened.document == document("a")
    assert not opened.dirty


def test_a_crash_between_the_two_files_costs_nothing(folder, monkeypatch) -> None:
    import studio.project.backups as module

    backups = Backups(folder)
    backups.write(snapshot(document("a")))
    write, written = module._write, []

    def only_the_first(path: Path, content: bytes) -> None:
        written.append(path)
        if len(written) == 1:
            write(path, content)

    monkeypatch.setattr(module, "_write", only_the_first)
    backups.write(snapshot(document("a", "b")))
    assert len(written) == 2
    crash(backups)
    (offer,) = Recovery(folder).offers
    assert offer.document in (document("a"), document("a", "b"))


def test_a_header_without_a_copy_is_no_trouble(folder) -> None:
    place = left_behind(folder, snapshot(document("a")))
    (place / "a.reel").unlink()
    recovery = Recovery(folder)
    assert recovery.offers == recovery.problems == ()


def test_a_damaged_copy_is_passed_over_kept_and_named_once(folder) -> None:
    place = left_behind(folder, snapshot(document("a"), id="a"), snapshot(document("b"), id="b"))
    (place / "a.reel").write_bytes((place / "a.reel").read_bytes()[:-20])
    recovery = Recovery(folder)
    assert [offer.id for offer in recovery.offers] == ["b"]
    (problem,) = recovery.problems
    assert "'Untitled' is damaged and was passed over" in problem
    assert (folder / DAMAGED / "a.reel").is_file()
    recovery.close()
    assert Recovery(folder).problems == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    which=st.sampled_from(["a.reel", "a.json"]),
    content=st.binary(max_size=300) | st.text(max_size=50).map(str.encode),
    cut=st.integers(0, 400),
)
def test_whatever_a_copy_holds_nothing_is_raised(tmp_path_factory, which, content, cut) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    place = left_behind(folder, snapshot(document("a")), snapshot(document("b"), id="b"))
    whole = (place / which).read_bytes()
    (place / which).write_bytes(whole[:cut] + content)
    recovery = Recovery(folder)
    assert "b" in [offer.id for offer in recovery.offers]
    for offer in recovery.offers:
        assert offer.document in (document("a"), document("b"))
    recovery.close()


def test_looks_and_links_are_told_apart() -> None:
    one = document("a")
    assert difference(one, one.model_copy(update={"view": {"x": 1}})) == "Only looks differ"
    assert difference(one, one.model_copy(update={"name": "New"})) == "Links or texts differ"
