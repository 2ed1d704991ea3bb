"""What the porters say of files that could not be brought here."""

from __future__ import annotations

import errno
from pathlib import Path

from engine.errors import StorageFailed
from studio.machines.porter import _sentence

FILM = Path("/videos/film.mp4")


def caused_by(error: OSError) -> StorageFailed:
    made = StorageFailed("Something of the blob service.", remedy="Look there.")
    made.__cause__ = error
    return made


def test_a_full_disk_names_the_file_and_its_folder_whoever_noticed() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    for error in (full, caused_by(full)):
        assert "'/videos/film.mp4'" in _sentence(error, FILM)
        assert "in '/videos'" in _sentence(error, FILM)


def test_the_name_of_an_unfinished_file_is_not_told() -> None:
    beside = "/videos/..film-2.mp4.part.87a444.part"
    error = OSError(errno.ENOSPC, "No space left on device", beside)
    assert "'/videos/film-2.mp4'" in _sentence(error, FILM)
    assert "part" not in _sentence(error, FILM)


def test_what_no_disk_did_is_told_as_it_was() -> None:
    assert _sentence(StorageFailed("It is gone.", remedy="Send it again."), FILM).startswith(
        "It is gone."
    )
