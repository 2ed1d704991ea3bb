"""The library's report on a manifest, checked and judged.

The report is JSON made from a file that anyone may have written, so every field is optional and
nothing is believed for its shape.  The codes are those of the C2PA specification 2.2, section
15 ("Validation").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

from engine.trust.self_issued import ORGANISATION
from engine.trust.statement import GENERATED
from engine.trust.verification import Ingredient, Signer, State, Trust, printable


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list_or_empty(value: object) -> object:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_text_or_empty)]
Item = TypeVar("Item")
Items = Annotated[list[Item], BeforeValidator(_list_or_empty)]


class Status(BaseModel):
    code: Text = ""
    explanation: Text = ""


class Codes(BaseModel):
    success: Items[Status] = []
    failure: Items[Status] = []


class Delta(BaseModel):
    """How an ingredient's validation differs from what was recorded when it went in."""

    uri: Text = Field("", alias="ingredientAssertionURI")
    codes: Codes = Field(Codes(), alias="validationDeltas")


class Results(BaseModel):
    active: Codes = Field(Codes(), alias="activeManifest")
    deltas: Items[Delta] = Field([], alias="ingredientDeltas")
    trust_list: Text = Field("", alias="trustListUri")


class Resource(BaseModel):
    identifier: Text = ""


class DataType(BaseModel):
    type: Text = ""


class IngredientEntry(BaseModel):
    title: Text = ""
    label: Text = ""
    relationship: Text = ""
    format: Text = ""
    active_manifest: Text = ""
    data: Resource | None = None
    data_types: Items[DataType] = []
    validation_results: Results | None = None
    validation_status: list[Status] | None = None


class SignatureInfo(BaseModel):
    issuer: Text = ""
    common_name: Text = ""
    cert_serial_number: Text = ""
    time: Text = ""


class Action(BaseModel):
    action: Text = ""
    source: Text = Field("", alias="digitalSourceType")


class AssertionData(BaseModel):
    actions: Items[Action] = []


class Assertion(BaseModel):
    label: Text = ""
    data: AssertionData | object = None


class Generator(BaseModel):
    name: Text = ""
    version: Text = ""


class Manifest(BaseModel):
    title: Text = ""
    claim_generator: Text = ""
    claim_generator_info: Items[Generator] = []
    ingredients: Items[IngredientEntry] = []
    assertions: Items[Assertion] = []
    signature_info: SignatureInfo = SignatureInfo()


class ManifestReport(BaseModel):
    active_manifest: Text = ""
    manifests: dict[str, Manifest] = {}
    results: Results = Field(Results.model_construct(), alias="validation_results")

    @property
    def active(self) -> Manifest:
        return self.manifests.get(self.active_manifest, Manifest())


# The file is bound to its manifest by one of these hashes.
_BOUND = {
    "assertion.dataHash.match",
    "assertion.bmffHash.match",
    "assertion.boxesHash.match",
    "assertion.collectionHash.match",
}
# Faults of the signer's standing, which say nothing against the file.
_STANDING = {
    "signingCredential.untrusted": "",
    "signingCredential.expired": "The signer's certificate has expired, and no trusted time says "
    "that the file was signed before.",
    "timeStamp.untrusted": "The time stamp comes from an authority that is not known here.",
}
_FAULTS = {
    "assertion.dataHash.mismatch": "The content differs from what was signed.",
    "assertion.bmffHash.mismatch": "The content differs from what was signed.",
    "assertion.boxesHash.mismatch": "The content differs from what was signed.",
    "assertion.hashedURI.mismatch": "A statement in the manifest differs from what was signed.",
    "assertion.missing": "A statement was taken out of the manifest.",
    "claimSignature.mismatch": "The signature does not fit the manifest.",
    "claimSignature.missing": "The signature was taken out of the manifest.",
    "signingCredential.invalid": "The signer's certificate may not sign media.",
    "signingCredential.revoked": "The signer's certificate was revoked.",
}
_NOT_BOUND = "Nothing binds the manifest to this file's content."
_NOT_SIGNED = "The signature on the manifest could not be confirmed."


def judge(codes: Codes) -> tuple[State, list[str]]:
    """The state that a manifest's validation codes prove, and the reasons.

    INTACT needs evidence for it (a good signature, a hash that fits) and no evidence against.
    """
    good = {status.code for status in codes.success}
    faults = [status for status in codes.failure if status.code not in _STANDING]
    reasons = [_FAULTS.get(fault.code) or printable(_sentence(fault)) for fault in faults]
    if not faults and "claimSignature.validated" not in good:
        reasons.append(_NOT_SIGNED)
    elif not faults and not good & _BOUND:
        reasons.append(_NOT_BOUND)
    state = State.ALTERED if reasons else State.INTACT
    reasons += [_STANDING.get(status.code, "") for status in codes.failure]
    return state, [reason for reason in dict.fromkeys(reasons) if reason]


def _sentence(status: Status) -> str:
    return f"{status.explanation or 'A check failed'} ({status.code})."


def manifest_holds(codes: Codes) -> bool:
    """Whether the manifest is as it was signed, whatever became of the content."""
    failed = {status.code for status in codes.failure}
    content = {code for code in failed if code.endswith("Hash.mismatch")}
    signed = "claimSignature.validated" in {status.code for status in codes.success}
    return signed and not failed - content - _STANDING.keys()


def signer_of(report: ManifestReport) -> Signer:
    """Who signed the active manifest."""
    info, results = report.active.signature_info, report.results
    trust = Trust.NONE
    if "signingCredential.trusted" in {status.code for status in results.active.success}:
        trust = Trust.OWN if results.trust_list == "user_anchors" else Trust.LISTED
    return Signer(
        name=printable(info.common_name or info.issuer or "an unnamed signer"),
        organisation=printable(info.issuer),
        serial=printable(info.cert_serial_number),
        trust=trust,
        self_issued=info.issuer == ORGANISATION,
    )


def ingredients_of(report: ManifestReport) -> tuple[Ingredient, ...]:
    """The media that went in, and what their own signatures were worth."""
    media = [each for each in report.active.ingredients if each.data is None]
    return tuple(_ingredient(each, report.results.deltas) for each in media)


def _ingredient(entry: IngredientEntry, deltas: Iterable[Delta]) -> Ingredient:
    state, reasons = State.UNSIGNED, list[str]()
    if entry.active_manifest:
        failure = list(entry.validation_status or ())
        if entry.validation_results is not None:
            failure += entry.validation_results.active.failure
        for delta in deltas:
            if entry.label and delta.uri.endswith("/" + entry.label):
                failure += delta.codes.failure
        # What went in was checked then; it is not here to be checked for evidence again.
        faults = [each for each in failure if each.code not in _STANDING]
        state = State.ALTERED if faults else State.INTACT
        reasons = [_FAULTS.get(each.code) or printable(_sentence(each)) for each in faults]
    title = printable(entry.title) or "this file as it was before"
    return Ingredient(title, printable(entry.relationship), state, tuple(dict.fromkeys(reasons)))


def actions_of(manifest: Manifest) -> list[Action]:
    """The actions that the manifest tells, in order."""
    return [
        action
        for assertion in manifest.assertions
        if assertion.label.startswith("c2pa.actions") and isinstance(assertion.data, AssertionData)
        for action in assertion.data.actions
    ]


def generated(report: ManifestReport) -> bool:
    """Whether the file's history, input files included, says that a model made part of it."""
    last_part = GENERATED.rsplit("/", 1)[-1].lower()
    manifests = report.manifests.values()
    sources = [action.source.lower() for each in manifests for action in actions_of(each)]
    return any(source.endswith(last_part) for source in sources)
