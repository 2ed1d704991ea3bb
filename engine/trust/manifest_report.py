"""The library's report on a manifest, checked and judged.

The report is JSON made from a file that anyone may have written, so every field is optional and
nothing is believed for its shape.  The codes are those of the C2PA specification 2.2, section
15 ("Validation").
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from engine.trust.library import STAMPS
from engine.trust.release import RELEASE, Release, read_release
from engine.trust.self_issued import ORGANISATION
from engine.trust.statement import GENERATED, SOFT_BINDING
from engine.trust.verification import Ingredient, Signer, State, Trust, printable


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list_or_empty(value: object) -> object:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_text_or_empty)]
Item = TypeVar("Item")
Form = TypeVar("Form", bound=BaseModel)
Items = Annotated[list[Item], BeforeValidator(_list_or_empty)]


class Status(BaseModel):
    code: Text = ""
    explanation: Text = ""


class Codes(BaseModel):
    success: Items[Status] = []
    informational: Items[Status] = []
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


class Actions(BaseModel):
    actions: Items[Action] = []


class Block(BaseModel):
    value: Text = ""


class SoftBinding(BaseModel):
    alg: Text = ""
    blocks: Items[Block] = []


class Assertion(BaseModel):
    label: Text = ""
    data: object = None


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
    "signingCredential.expired": "The signer's certificate has expired, or this computer's clock "
    "is wrong; no trusted time says that the file was signed while it was valid.",
    "timeStamp.untrusted": "The time stamp comes from an authority that is not known here, and "
    "does not count.",
}
# A manifest may name people and organisations besides its signer, each with a signature of its own
# (CAWG identity assertions).  What these are worth says nothing against the file.
_IDENTITY = "cawg."
_NOT_KNOWN = {
    "cawg.x509.credential.untrusted",
    "cawg.ica.untrusted_issuer",
    "cawg.ica.did_unavailable",
    "cawg.identity.sig_type.unknown",
}
_UNKNOWN = "It also names a person or an organisation for whom nobody vouches who is known here."
_NOT_PROVEN = "It also names a person or an organisation, but the proof of that does not hold."
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
# Some programs of before 2024 signed so (Truepic's camera among them); what stands there can be
# anything.
_LEFT_OUT = "The signature leaves out bytes that are not its own, and nothing vouches for those."
_STAMPED_OUTSIDE = (
    "The stamped time lies outside the time for which the signer's certificate is valid: a clock "
    "was wrong, or it was signed with a certificate that had ended."
)
_STAMPED_AHEAD = (
    "The stamped time lies ahead of this computer's clock: set the clock, or else the time-stamp "
    "authority's is wrong."
)
_CLOCKS_DIFFER = timedelta(minutes=10)
_MOST = 50
_NOT_BOUND = "Nothing binds the manifest to this file's content."
_NOT_SIGNED = "The signature on the manifest could not be confirmed."


def judge(codes: Codes) -> tuple[State, list[str]]:
    """The state that a manifest's validation codes prove, and the reasons.

    INTACT needs evidence for it (a good signature, a hash that fits) and no evidence against.
    """
    good = {status.code for status in codes.success}
    faults = [status for status in codes.failure if _against_file(status.code)]
    reasons = [_reason(fault) for fault in faults]
    if not faults and "claimSignature.validated" not in good:
        reasons.append(_NOT_SIGNED)
    elif not faults and not good & _BOUND:
        reasons.append(_NOT_BOUND)
    state = State.ALTERED if reasons else State.INTACT
    outside = "timeStamp.trusted" in good
    for status in codes.failure + codes.informational:
        expired = status.code == "signingCredential.expired"
        told = _STAMPED_OUTSIDE if expired and outside else _STANDING.get(status.code, "")
        reasons.append(told)
    named = [each for each in codes.failure if each.code.startswith(_IDENTITY)]
    reasons += [_UNKNOWN if each.code in _NOT_KNOWN else _NOT_PROVEN for each in named]
    return state, [reason for reason in dict.fromkeys(reasons) if reason]


def _against_file(code: str) -> bool:
    """Whether a failure says something against the file, not against somebody's standing alone."""
    return code not in _STANDING and not code.startswith(_IDENTITY)


def _reason(fault: Status) -> str:
    if fault.code == "assertion.dataHash.mismatch" and "exclusion" in fault.explanation:
        return _LEFT_OUT
    told = f"{fault.explanation or 'A check failed'} ({fault.code})."
    return _FAULTS.get(fault.code) or printable(told)


def manifest_holds(codes: Codes) -> bool:
    """Whether the manifest is as it was signed, whatever became of the content."""
    failed = {status.code for status in codes.failure}
    content = {code for code in failed if code.endswith("Hash.mismatch")}
    signed = "claimSignature.validated" in {status.code for status in codes.success}
    return signed and not any(_against_file(code) for code in failed - content)


def signer_of(report: ManifestReport) -> Signer:
    """Who signed the active manifest."""
    info, results = report.active.signature_info, report.results
    trust = Trust.NONE
    trusted = "signingCredential.trusted" in {status.code for status in results.active.success}
    # The library lets who stamps times sign as well; we do not.
    if trusted and results.trust_list != STAMPS:
        trust = Trust.OWN if results.trust_list == "user_anchors" else Trust.LISTED
    return Signer(
        name=printable(info.common_name or info.issuer or "an unnamed signer"),
        organisation=printable(info.issuer),
        serial=printable(info.cert_serial_number),
        trust=trust,
        self_issued=info.issuer == ORGANISATION,
    )


def stamp_trusted(report: ManifestReport) -> bool:
    """Whether the time of signing was stamped by an authority that is known here."""
    return "timeStamp.trusted" in {status.code for status in report.results.active.success}


def stamped_ahead(report: ManifestReport, now: datetime) -> list[str]:
    """What to tell of a trusted time that has not come yet; nothing of any other."""
    if not stamp_trusted(report):
        return []
    try:
        stamped = datetime.fromisoformat(report.active.signature_info.time)
    except ValueError:
        return []
    moment = stamped if stamped.tzinfo else stamped.replace(tzinfo=UTC)
    return [_STAMPED_AHEAD] if moment > now + _CLOCKS_DIFFER else []


def ingredients_of(report: ManifestReport) -> tuple[Ingredient, ...]:
    """The media that went in, and what their own signatures were worth."""
    return tuple(_ingredients(report, report.active_manifest))


def altered_before(report: ManifestReport) -> tuple[str, ...]:
    """Titles of what went into the inputs, and their inputs, although it had been altered."""
    earlier = (label for label in report.manifests if label != report.active_manifest)
    found = (each for label in earlier for each in _ingredients(report, label))
    titles = dict.fromkeys(each.title for each in found if each.state is State.ALTERED)
    return tuple(titles)[:_MOST]


def _ingredients(report: ManifestReport, label: str) -> Iterable[Ingredient]:
    manifest = report.manifests.get(label, Manifest())
    deltas = [each for each in report.results.deltas if f"/{label}/" in each.uri]
    return (_ingredient(each, deltas) for each in manifest.ingredients if each.data is None)


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
        faults = [each for each in failure if _against_file(each.code)]
        state = State.ALTERED if faults else State.INTACT
        reasons = [_reason(each) for each in faults]
    title = printable(entry.title) or "this file as it was before"
    return Ingredient(title, printable(entry.relationship), state, tuple(dict.fromkeys(reasons)))


def actions_of(manifest: Manifest) -> list[Action]:
    """The actions that the manifest tells, in order."""
    found = (each for each in manifest.assertions if each.label.startswith("c2pa.actions"))
    return [action for each in found for action in _read(Actions, each.data).actions]


def release_of(manifest: Manifest) -> Release | None:
    """What the manifest says was checked and marked; None where it says nothing of it."""
    found = (read_release(each.data) for each in manifest.assertions if each.label == RELEASE)
    return next(found, None)


def bindings_of(manifest: Manifest) -> frozenset[tuple[str, str]]:
    """The watermarks that the manifest is bound to: algorithm and value of each."""
    found = (each for each in manifest.assertions if each.label.startswith(SOFT_BINDING))
    read = (_read(SoftBinding, each.data) for each in found)
    return frozenset((each.alg, block.value) for each in read for block in each.blocks)


def _read(form: type[Form], data: object) -> Form:
    """An assertion's data in their form; nothing of them where they have another."""
    try:
        return form.model_validate(data)
    except ValidationError:
        return form()


def generated(report: ManifestReport) -> bool:
    """Whether the file's history, input files included, says that a model made part of it."""
    last_part = GENERATED.rsplit("/", 1)[-1].lower()
    manifests = report.manifests.values()
    sources = [action.source.lower() for each in manifests for action in actions_of(each)]
    return any(source.endswith(last_part) for source in sources)
