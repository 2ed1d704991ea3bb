"""What one computer blocks is handed to another, signed, and without anything about people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.identity import Identity
from engine.trust.self_issued import self_issued
from engine.trust.takedown.exchange import Exported, Imported, exported, read_exported
from engine.trust.takedown.passages import passages_of
from engine.trust.takedown.register import Register
from engine.trust.takedown.search import blocking_index, search
from tests.engine.trust.takedown.clips import as_clip, clip, textured

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def handed(identity: Identity) -> Exported:
    return exported({7: passages_of(clip(1))}, identity, NOW)


def put(path: Path, content: Exported) -> Path:
    path.write_text(content.model_dump_json(), "utf-8")
    return path


def test_what_was_imported_blocks_here_too(
    handed: Exported, identity: Identity, tmp_path: Path
) -> None:
    register = Register(tmp_path / "register.sqlite")
    assert register.digest() == ""
    path = put(tmp_path / "handed.json", handed)
    register.imported.keep(read_exported(path, identity.root, ()))
    assert register.digest() != ""
    index = blocking_index(register)
    assert index is not None
    found = search(index, as_clip(textured(1)))
    assert found is not None
    assert found.request == f"7 of {identity.name}"
    assert search(index, as_clip(textured(2))) is None
    register.imported.keep(exported({}, identity, NOW + timedelta(days=1)))
    assert blocking_index(register) is None


def test_nothing_about_people_is_handed_on(handed: Exported) -> None:
    assert set(handed.model_dump()) == {"format", "time", "blocked", "chain", "signature"}
    assert set(handed.blocked[0].model_dump()) == {"request", "hashes"}


def test_what_was_altered_or_is_of_a_stranger_is_refused(
    handed: Exported, identity: Identity, tmp_path: Path
) -> None:
    later = handed.model_copy(update={"time": NOW + timedelta(days=1)})
    with pytest.raises(InvalidInput, match="was altered"):
        read_exported(put(tmp_path / "later.json", later), identity.root, ())
    fewer = handed.model_copy(update={"blocked": ()})
    with pytest.raises(InvalidInput, match="was altered"):
        read_exported(put(tmp_path / "fewer.json", fewer), identity.root, ())
    stranger = self_issued(tmp_path / "stranger")
    with pytest.raises(InvalidInput, match=r"signed by .* who is not known here.*'--signer'"):
        read_exported(put(tmp_path / "handed.json", handed), stranger.root, ())
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(InvalidInput, match="no exported takedown register"):
        read_exported(tmp_path / "none.json", identity.root, ())
    with pytest.raises(StorageFailed, match="cannot be read"):
        read_exported(tmp_path / "missing.json", identity.root, ())


def test_newer_replaces_older_and_never_the_other_way(
    handed: Exported, identity: Identity, tmp_path: Path
) -> None:
    imported = Imported(tmp_path / "imported")
    lifted = exported({}, identity, NOW + timedelta(days=1))
    imported.keep(handed)
    imported.keep(lifted)
    assert imported.passages() == {}
    with pytest.raises(InvalidInput, match="gave before is newer"):
        imported.keep(handed)


def test_what_was_kept_and_altered_since_is_told(handed: Exported, tmp_path: Path) -> None:
    imported = Imported(tmp_path / "imported")
    imported.keep(handed)
    (place,) = (tmp_path / "imported").iterdir()
    place.write_text(place.read_text().replace('"request":7', '"request":8'))
    with pytest.raises(StorageFailed, match="damaged or were altered"):
        imported.passages()
    place.write_text("{")
    with pytest.raises(StorageFailed, match="damaged or were altered"):
        imported.passages()


def test_a_signer_is_forgotten_damaged_or_not(handed: Exported, tmp_path: Path) -> None:
    imported = Imported(tmp_path / "imported")
    other = exported({}, self_issued(tmp_path / "other"), NOW)
    for each in (handed, other):
        imported.keep(each)
    assert imported.signers() == {handed.source: handed, other.source: other}
    (tmp_path / "imported" / f"{other.source}.json").write_text("{")
    assert imported.signers() == {handed.source: handed, other.source: None}
    for wrong, words in (("", "no signer's"), ("x", "no signer's")):
        with pytest.raises(InvalidInput, match=words):
            imported.forget(wrong)
    imported.forget(other.source[:9])
    imported.forget(handed.source)
    assert imported.signers() == {}
    assert imported.digest() == ""


def test_a_beginning_that_two_signers_share_names_neither(tmp_path: Path) -> None:
    imported = Imported(tmp_path)
    for name in ("aa1", "aa2"):
        (tmp_path / f"{name}.json").write_text("{}")
    with pytest.raises(InvalidInput, match="2 signers"):
        imported.forget("aa")
    assert len(imported.signers()) == 2


def test_a_hash_that_cannot_be_read_is_not_kept(identity: Identity, tmp_path: Path) -> None:
    broken = exported({}, identity, NOW)
    from engine.trust.audit.head import sign_bytes
    from engine.trust.takedown.exchange import Blocked

    made = broken.model_copy(update={"blocked": (Blocked(request=1, hashes=("AAAA",)),)})
    signed = made.model_copy(update={"signature": sign_bytes(identity, made.sealed()).hex()})
    with pytest.raises(InvalidInput, match="a hash that cannot be read"):
        Imported(tmp_path / "imported").keep(signed)
