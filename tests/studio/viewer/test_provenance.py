"""What a signature means, in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.trust.verification import Claims, Ingredient, Signer, State, Trust, Verification
from studio.viewer.provenance import provenance_of

PATH = Path("a.mp4")


def signed(trust: Trust, self_issued: bool = False, state: State = State.INTACT) -> Verification:
    signer = Signer("Ada", "Studio A", "1", trust, self_issued)
    return Verification(PATH, state, (), signer, Claims(prompt="a lake", seed=7, generated=True))


@pytest.mark.parametrize(
    ("found", "word", "tone"),
    [
        (signed(Trust.LISTED), "Signed", "success"),
        (signed(Trust.OWN), "Signed", "success"),
        (signed(Trust.OWN, self_issued=True), "Self-issued", "info"),
        (signed(Trust.NONE), "Signer unknown", "warning"),
        (signed(Trust.NONE, self_issued=True), "Signer unknown", "warning"),
        (signed(Trust.LISTED, state=State.ALTERED), "Altered", "danger"),
        (Verification(PATH, State.ALTERED), "Altered", "danger"),
        (Verification(PATH, State.UNSIGNED), "Not signed", "muted"),
    ],
)
def test_the_word_and_its_tone(found: Verification, word: str, tone: str) -> None:
    provenance = provenance_of(found)
    assert (provenance.word, provenance.tone) == (word, tone)
    assert provenance.sentence.endswith((".", ";"))


def test_details_say_who_and_what_and_leave_out_what_is_unknown() -> None:
    rows = dict(provenance_of(signed(Trust.OWN, self_issued=True)).rows)
    assert rows["Signed by"] == "Ada"
    assert rows["Identity"] == "self-issued, known to this computer"
    assert rows["Prompt"] == "a lake"
    assert rows["Seed"] == "7"
    assert rows["Made by AI"] == "yes"
    assert "Model" not in rows
    assert "Time" not in rows


def test_inputs_are_named_with_their_state() -> None:
    inputs = (Ingredient("photo.jpg", "parentOf", State.ALTERED),)
    found = Verification(PATH, State.INTACT, (), None, Claims(ingredients=inputs))
    assert dict(provenance_of(found).rows)["Inputs"] == "photo.jpg (altered)"


def test_reasons_are_notes() -> None:
    found = Verification(PATH, State.ALTERED, ("One.", "Two."))
    assert [text for name, text in provenance_of(found).rows if name == "Note"] == ["One.", "Two."]


def test_a_prompt_of_a_stranger_may_be_long() -> None:
    found = Verification(PATH, State.INTACT, (), None, Claims(prompt="x" * 10_000))
    assert len(dict(provenance_of(found).rows)["Prompt"]) < 300


def test_what_was_made_from_an_altered_file_is_a_warning() -> None:
    signer = Signer("Ada", "Studio A", "1", Trust.LISTED, False)
    inputs = (Ingredient("photo.jpg", "inputTo", State.ALTERED),)
    found = Verification(PATH, State.INTACT, (), signer, Claims(ingredients=inputs))
    provenance = provenance_of(found)
    assert (provenance.word, provenance.tone) == ("Input altered", "warning")
