"""The words that a model does not know."""

from __future__ import annotations

from studio.inspector.fields.unknown_words import places_of, unknown_words


def test_words_are_read_off_the_models_sentence() -> None:
    notes = (
        "Resumed at step 5.",
        "The starter model does not know the words 'waltzing', 'zebra', and leaves them out.",
        "The starter model does not know the word 'Zebra', and leaves it out.",
    )
    assert unknown_words(notes) == ("waltzing", "zebra")


def test_the_starters_own_sentence_is_understood() -> None:
    import subprocess
    import sys

    code = (
        "from engine.models.starter.family import _about_unknown as about;"
        "from studio.inspector.fields.unknown_words import unknown_words as read;"
        "assert read(about(['zebra'])) == ('zebra',);"
        "assert read(about(['a', 'b'])) == ('a', 'b')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_whole_words_are_found_in_any_case() -> None:
    text = "Zebra, zebras and a zebra"
    assert [text[at : at + size] for at, size in places_of(["zebra"], text)] == ["Zebra", "zebra"]
    assert list(places_of([], text)) == []
