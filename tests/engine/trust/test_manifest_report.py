"""Judging the library's reports, those included that cannot be made to order."""

from __future__ import annotations

import json

import pytest

from engine.trust.manifest_report import (
    Codes,
    ManifestReport,
    actions_of,
    ingredients_of,
    judge,
    manifest_holds,
    signer_of,
)
from engine.trust.verification import State, Trust

SIGNED, BOUND = "claimSignature.validated", "assertion.bmffHash.match"
LOST = "assertion.bmffHash.mismatch"


def codes(success: list[str], failure: list[str]) -> Codes:
    return Codes.model_validate(
        {
            "success": [{"code": code} for code in success],
            "failure": [{"code": code, "explanation": "\x1b[31mred"} for code in failure],
        }
    )


@pytest.mark.parametrize(
    ("success", "failure", "state", "words"),
    [
        ([SIGNED, BOUND], [], State.INTACT, ""),
        ([SIGNED, BOUND], ["signingCredential.untrusted"], State.INTACT, ""),
        ([SIGNED, BOUND], ["signingCredential.expired"], State.INTACT, "expired"),
        ([SIGNED, BOUND], [LOST], State.ALTERED, "content differs"),
        ([SIGNED], [LOST], State.ALTERED, "content differs"),
        ([SIGNED], [], State.ALTERED, "Nothing binds"),
        ([BOUND], [], State.ALTERED, "could not be confirmed"),
        ([], [], State.ALTERED, "could not be confirmed"),
        ([SIGNED, BOUND], ["claimSignature.mismatch"], State.ALTERED, "does not fit"),
        ([SIGNED, BOUND], ["signingCredential.invalid"], State.ALTERED, "may not sign"),
        ([SIGNED, BOUND], ["cawg.x509.credential.untrusted"], State.INTACT, "nobody vouches"),
        ([SIGNED, BOUND], ["cawg.ica.signature_mismatch"], State.INTACT, "does not hold"),
        ([SIGNED, BOUND], ["some.code.of.2031"], State.ALTERED, "some.code.of.2031"),
    ],
)
def test_intact_needs_evidence_for_it_and_none_against(
    success: list[str], failure: list[str], state: State, words: str
) -> None:
    found, reasons = judge(codes(success, failure))
    assert found is state
    assert bool(reasons) == bool(words)
    assert words in " ".join(reasons)
    assert "\x1b" not in " ".join(reasons)


def test_bytes_that_a_signature_leaves_out_are_told_from_changed_ones() -> None:
    said = "data hash exclusion does not match the manifest location in the asset"
    failure = [{"code": "assertion.dataHash.mismatch", "explanation": said}]
    state, reasons = judge(Codes.model_validate({"failure": failure}))
    assert state is State.ALTERED
    assert "leaves out bytes" in reasons[0]


def test_a_statement_is_believed_while_only_the_content_changed() -> None:
    assert manifest_holds(codes([SIGNED], [LOST, "signingCredential.untrusted"]))
    assert manifest_holds(codes([SIGNED], ["cawg.x509.credential.untrusted"]))
    assert not manifest_holds(codes([SIGNED], ["assertion.hashedURI.mismatch"]))
    assert not manifest_holds(codes([], []))


def test_an_expired_signer_is_not_trusted() -> None:
    report = ManifestReport.model_validate(
        {
            "validation_results": {
                "activeManifest": {"failure": [{"code": "signingCredential.expired"}]}
            }
        }
    )
    assert signer_of(report).trust is Trust.NONE


@pytest.mark.parametrize(
    "hostile",
    [
        {},
        {"active_manifest": "x"},
        {"active_manifest": None, "manifests": {"": {"title": 7, "ingredients": None}}},
        {"active_manifest": "x", "manifests": {"x": {"assertions": [{"label": "c2pa.actions"}]}}},
        {
            "active_manifest": "x",
            "manifests": {"x": {"assertions": [{"label": "c2pa.actions", "data": [1, "a", None]}]}},
        },
        {
            "active_manifest": "x",
            "manifests": {
                "x": {
                    "assertions": [
                        {"label": "c2pa.actions.v2", "data": {"actions": {"not": "a list"}}}
                    ]
                }
            },
        },
    ],
)
def test_a_report_of_unexpected_form_tells_little_and_harms_nothing(
    hostile: dict[str, object],
) -> None:
    report = ManifestReport.model_validate_json(json.dumps(hostile))
    assert all(each.source == "" for each in actions_of(report.active))
    assert ingredients_of(report) == ()
    assert signer_of(report).name == "an unnamed signer"
    assert judge(report.results.active)[0] is State.ALTERED


def test_what_was_found_wrong_with_an_ingredient_later_counts_too() -> None:
    report = ManifestReport.model_validate(
        {
            "active_manifest": "x",
            "manifests": {
                "x": {
                    "ingredients": [
                        {"title": "a", "label": "c2pa.ingredient", "active_manifest": "y"},
                        {"title": "b", "label": "c2pa.ingredient__1", "active_manifest": "y"},
                    ]
                }
            },
            "validation_results": {
                "ingredientDeltas": [
                    {
                        "ingredientAssertionURI": "self#jumbf=/c2pa/x/c2pa.ingredient",
                        "validationDeltas": {"failure": [{"code": "claimSignature.mismatch"}]},
                    }
                ]
            },
        }
    )
    assert [each.state for each in ingredients_of(report)] == [State.ALTERED, State.INTACT]
