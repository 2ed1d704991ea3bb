"""What the C2PA conformance programme asks of a manifest, as rules over its crJSON.

The rules are those of the "C2PA Asset Conformance 0.2 Spec 2.4 Rubric" and the "C2PA Asset
Integrity Rubric", version 1.0 of 2026-08-06, that the programme publishes with its evaluator; each
bears its name there.  They are told here in our own words; the evaluator itself is not among our
files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

Json = dict[str, Any]
Rule = Callable[[Json], bool]

_INCEPTION = {"c2pa.created", "c2pa.opened"}
_WITHOUT_SOURCE = _INCEPTION | {
    "c2pa.placed", "c2pa.converted", "c2pa.published", "c2pa.repackaged", "c2pa.transcoded",
    "c2pa.resized.proportional", "c2pa.enhanced", "c2pa.edited.metadata", "c2pa.watermarked",
    "c2pa.watermarked.bound", "c2pa.watermarked.unbound", "c2pa.redacted",
}  # fmt: skip
_ACTIONS = _WITHOUT_SOURCE | {
    "c2pa.addedText", "c2pa.adjustedColor", "c2pa.changedSpeed", "c2pa.cropped", "c2pa.deleted",
    "c2pa.drawing", "c2pa.dubbed", "c2pa.edited", "c2pa.filtered", "c2pa.mastered", "c2pa.mixed",
    "c2pa.orientation", "c2pa.remixed", "c2pa.removed", "c2pa.resized", "c2pa.translated",
    "c2pa.trimmed", "c2pa.unknown",
}  # fmt: skip
_OLD_ACTIONS = {
    "c2pa.copied", "c2pa.formatted", "c2pa.version_updated", "c2pa.printed", "c2pa.managed",
    "c2pa.produced", "c2pa.saved", "c2pa.color_adjustments", "c2pa.watermarked",
}  # fmt: skip
_ASSERTIONS = {
    "c2pa.hash.data", "c2pa.hash.data.part", "c2pa.actions.v2", "c2pa.ingredient.v3",
    "c2pa.hash.boxes", "c2pa.hash.bmff.v3", "c2pa.hash.collection.data", "c2pa.soft-binding",
    "c2pa.cloud-data", "c2pa.embedded-data", "c2pa.metadata", "c2pa.certificate-status",
    "c2pa.asset-ref", "c2pa.asset-type.v2", "c2pa.hash.multi-asset", "c2pa.thumbnail.claim",
    "c2pa.thumbnail.ingredient", "c2pa.depthmap.GDepth", "c2pa.icon", "c2pa.external-reference",
    "c2pa.alternative-content-representation", "c2pa.session-keys", "c2pa.repository-receipt",
    "c2pa.environmental-sustainability", "c2pa.ai-disclosure", "c2pa.assertion.metadata",
    "c2pa.time-stamp",
}  # fmt: skip
_OLD_ASSERTIONS = {
    "c2pa.claim", "c2pa.hash.bmff.v2", "c2pa.asset-type", "c2pa.ingredient", "c2pa.ingredient.v2",
    "c2pa.actions",
}  # fmt: skip
_PARAMETERS = {
    "redacted", "ingredients", "ingredient", "description", "relatedAssertions", "sourceLanguage",
    "targetLanguage", "multipleInstances", "ranges", "weight", "width", "italic", "slant",
    "optical-size",
}  # fmt: skip
_RELATIONSHIPS = {"parentOf", "inputTo", "componentOf"}


def _active(crjson: Json) -> Json:
    active: Json = crjson["manifests"][0]
    return active


def _assertions(crjson: Json) -> dict[str, Json]:
    found: dict[str, Json] = _active(crjson)["assertions"]
    return found


def _actions(crjson: Json) -> list[Json]:
    lists = (each.get("actions") for each in _assertions(crjson).values())
    return [action for found in lists if found for action in found]


def _named(crjson: Json, name: str) -> list[Json]:
    return [action for action in _actions(crjson) if action["action"] == name]


def _parameters(crjson: Json) -> Iterator[str]:
    for action in _actions(crjson):
        yield from action.get("parameters", {})


def _ingredients(crjson: Json) -> list[Json]:
    return [each for each in _assertions(crjson).values() if each.get("relationship")]


def _created(crjson: Json) -> list[str]:
    return [each["url"] for each in _active(crjson)["claim.v2"]["created_assertions"]]


def _version(crjson: Json) -> object:
    return _active(crjson)["claim.v2"]["claim_generator_info"].get("specVersion")


def _begins_well(crjson: Json) -> bool:
    first = next((url for url in _created(crjson) if "c2pa.actions" in url), "")
    return first.endswith("c2pa.actions.v2") and (
        not _named(crjson, "c2pa.created") or _actions(crjson)[0]["action"] in _INCEPTION
    )


def _parents(action: Json) -> int:
    return len(action.get("parameters", {}).get("ingredients", []))


def _base(label: str) -> str:
    return label.split("__")[0]


RULES: Final[dict[str, Rule]] = {
    "mandatory_dst_for_perceptible_transformations": lambda c: all(
        action.get("digitalSourceType")
        for action in _actions(c)
        if action["action"].startswith("c2pa.") and action["action"] not in _WITHOUT_SOURCE
    ),
    "mandatory_spec_version": lambda c: str(_version(c)).split(".")[:2] == ["2", "4"],
    "mandatory_all_actions_included": lambda c: all(
        isinstance(each.get("allActionsIncluded"), bool)
        for each in _assertions(c).values()
        if each.get("actions")
    ),
    "no_dst_for_opened_action": lambda c: (
        not any(action.get("digitalSourceType") for action in _named(c, "c2pa.opened"))
    ),
    "well_formed_success and valid_success and trusted_success": lambda c: (
        _active(c)["validationResults"]["failure"] == []
    ),
    "inception_action_position": _begins_well,
    "no_deprecated_assertions": lambda c: (
        not any(label.startswith("stds.") or label in _OLD_ASSERTIONS for label in _assertions(c))
    ),
    "no_unsupported_assertions": lambda c: all(
        _base(label) in _ASSERTIONS for label in _assertions(c) if label.startswith("c2pa.")
    ),
    "no_deprecated_actions": lambda c: not any(a["action"] in _OLD_ACTIONS for a in _actions(c)),
    "no_unsupported_actions": lambda c: all(a["action"] in _ACTIONS for a in _actions(c)),
    "no_unrecognized_custom_assertions": lambda c: all("." in label for label in _assertions(c)),
    "no_unrecognized_custom_action_parameters": lambda c: all(
        name in _PARAMETERS or "." in name for name in _parameters(c)
    ),
    "discouraged_legacy_action_parameters": lambda c: (
        not ({"description", "ingredient"} & set(_parameters(c)))
    ),
    "active_manifest_urn": lambda c: _active(c)["label"].startswith("urn:c2pa:"),
    "ingredient_v3_no_active_manifest": lambda c: (
        not any(
            "validationResults" in each and "activeManifest" not in each for each in _ingredients(c)
        )
    ),
    "ingredient_v3_mandatory_validation_results": lambda c: all(
        "validationResults" in each for each in _ingredients(c) if "activeManifest" in each
    ),
    "ingredient_relationship_values": lambda c: all(
        each["relationship"] in _RELATIONSHIPS for each in _ingredients(c)
    ),
    "mandatory_dst_for_created_action": lambda c: all(
        action.get("digitalSourceType") for action in _named(c, "c2pa.created")
    ),
    "no_deprecated_claim_fields": lambda c: "specVersion" not in _active(c)["claim.v2"],
    "ingredient_v3_choice": lambda c: (
        not any(
            "activeManifest" in each and "digitalSourceType" in each for each in _ingredients(c)
        )
    ),
    "no_url_in_hashes": lambda c: (
        not any(
            "url" in each for label, each in _assertions(c).items() if label.startswith("c2pa.hash")
        )
    ),
    "opened_action_ingredient_reference": lambda c: all(
        _parents(action) == 1 for action in _named(c, "c2pa.opened")
    ),
    "watermark has a soft binding (specification, 18.15.5)": lambda c: (
        bool(_named(c, "c2pa.watermarked.bound")) == ("c2pa.soft-binding" in _assertions(c))
    ),
}
"""Rules by their names in the rubric; those about constructs that we never write are left out."""


def broken(crjson: Json) -> list[str]:
    """The names of the rules that a manifest breaks."""
    return [name for name, holds in RULES.items() if not holds(crjson)]
