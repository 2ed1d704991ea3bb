"""What a manifest is made to say, by where the content came from."""

from __future__ import annotations

from engine.trust.release import VIDEO_WATERMARK, Mark, MarkKind, Release
from engine.trust.statement import (
    Statement,
    Training,
    actions_of,
    definition_of,
    media_of,
    parts_of,
)
from engine.values import Origin

GENERATED = Origin(("a.png", "b.png"), "starter", "d", "a ball", 7)


def told(origin: Origin, *, signed_before: bool = False) -> list[str]:
    media = media_of(origin, signed_before=signed_before)
    actions = actions_of(Statement("T", origin, "{}"), media, signed_before=signed_before)
    return [str(action["action"]) for action in actions]


def used(origin: Origin, *, signed_before: bool = False) -> list[str]:
    return [each.relationship for each in media_of(origin, signed_before=signed_before)]


def test_what_a_model_made_was_created_from_its_inputs() -> None:
    assert told(GENERATED) == ["c2pa.created"]
    assert used(GENERATED) == ["inputTo", "inputTo"]


def test_what_was_worked_on_was_opened_and_edited() -> None:
    assert told(Origin(("a.png",))) == ["c2pa.opened", "c2pa.edited"]
    assert used(Origin(("a.png",))) == ["parentOf"]


def test_what_was_put_together_was_created_and_its_components_placed() -> None:
    assert told(Origin(("a.png", "b.png"))) == ["c2pa.created", "c2pa.placed", "c2pa.placed"]


def test_what_was_drawn_from_nothing_was_created() -> None:
    assert told(Origin()) == ["c2pa.created"]


def test_what_was_signed_before_is_never_created_again() -> None:
    for origin in (GENERATED, Origin(("a.png",)), Origin()):
        assert "c2pa.created" not in told(origin, signed_before=True)
    assert used(Origin(("a.png",)), signed_before=True) == ["componentOf"]


def test_a_creation_says_by_what_kind_of_source() -> None:
    def source(origin: Origin) -> str:
        media = media_of(origin, signed_before=False)
        action = actions_of(Statement("T", origin), media, signed_before=False)[0]
        return str(action["digitalSourceType"]).rsplit("/", 1)[-1]

    assert source(GENERATED) == "trainedAlgorithmicMedia"
    assert source(Origin(("a.png", "b.png"))) == "composite"
    assert source(Origin()) == "digitalCreation"


def test_every_part_is_told_once_and_the_seed_never_as_a_number() -> None:
    parts = parts_of(Statement("T", GENERATED, '{"a": [1, 2]}'))
    assert [part.definition["label"] for part in parts] == ["model", "prompt", "seed", "graph"]
    assert [part.content for part in parts][1:] == [b"a ball", b"7", b'{"a": [1, 2]}']
    assert parts_of(Statement("T")) == []


def test_a_seed_of_zero_is_told() -> None:
    labels = [part.definition["label"] for part in parts_of(Statement("T", Origin(seed=0)))]
    assert labels == ["seed"]


def test_the_generator_and_its_version_are_named() -> None:
    definition = definition_of(Statement("T", version="1.2"), [], signed_before=False)
    assert definition["claim_generator_info"] == [
        {"name": "Reelwright", "version": "1.2", "specVersion": "2.4"}
    ]


def assertions_of(statement: Statement) -> dict[str, object]:
    definition = definition_of(statement, [], signed_before=False)
    found = definition["assertions"]
    assert isinstance(found, list)
    return {each["label"]: each["data"] for each in found}


def test_a_mark_that_is_there_is_bound_and_told_as_an_action() -> None:
    marks = (Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 0xABC), Mark(MarkKind.LABEL))
    statement = Statement("T", GENERATED, release=Release(marks=marks))
    assert assertions_of(statement)["c2pa.soft-binding"] == {
        "alg": "org.reelwright.watermark.video.1",
        "pad": [],
        "blocks": [{"scope": {}, "value": "000000000abc"}],
    }
    actions = actions_of(statement, [], signed_before=False)
    assert [action["action"] for action in actions[1:]] == [
        "c2pa.addedText",
        "c2pa.watermarked.bound",
    ]


def test_a_mark_that_is_not_there_is_neither_bound_nor_an_action() -> None:
    marks = (Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 5, fault="too small"),)
    statement = Statement("T", GENERATED, release=Release(marks=marks))
    assert "c2pa.soft-binding" not in assertions_of(statement)
    assert len(actions_of(statement, [], signed_before=False)) == 1


def test_what_a_model_made_is_disclosed_and_what_none_made_is_not() -> None:
    disclosed = assertions_of(Statement("T", GENERATED))["c2pa.ai-disclosure"]
    assert isinstance(disclosed, dict)
    assert (disclosed["modelName"], disclosed["modelIdentifier"]) == ("starter", "sha256:d")
    assert "c2pa.ai-disclosure" not in assertions_of(Statement("T"))


def test_training_is_reserved_unless_the_owner_says_otherwise() -> None:
    def use(statement: Statement) -> object:
        entries = assertions_of(statement).get("cawg.training-mining", {})
        assert isinstance(entries, dict)
        return entries and entries["entries"]["cawg.ai_generative_training"]["use"]

    assert use(Statement("T")) == "notAllowed"
    assert use(Statement("T", training=Training.ALLOWED)) == "allowed"
    assert use(Statement("T", training=Training.UNSAID)) == {}
