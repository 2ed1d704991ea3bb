"""What a file's signature means to who looks at it: a word, a sentence, and the details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from engine.trust.verification import Claims, Verification

Tone = Literal["muted", "success", "info", "warning", "danger"]
_LONGEST_PROMPT: Final = 280


@dataclass(frozen=True, slots=True)
class Provenance:
    """`rows` are what to call a detail, and the detail."""

    icon: str
    word: str
    tone: Tone
    sentence: str
    rows: tuple[tuple[str, str], ...] = ()


CHECKING: Final = Provenance("waiting", "Checking…", "muted", "The signature is being checked.")


def unknown(sentence: str) -> Provenance:
    """The signature could not be checked."""
    return Provenance("help", "Not checked", "muted", sentence)


def provenance_of(found: Verification) -> Provenance:
    """In plain words: whether it is as it was signed, and whether the signer is known."""
    from engine.trust.verification import State, Trust

    rows = _rows(found)
    if found.state is State.UNSIGNED:
        sentence = " ".join(found.reasons) or "Nothing says where this file comes from."
        return Provenance("unsigned", "Not signed", "muted", sentence, rows)
    if found.state is State.ALTERED or found.signer is None:
        sentence = "The file was changed after it was signed, or its signature is damaged."
        return Provenance("altered", "Altered", "danger", sentence, rows)
    name = found.signer.name
    if found.input_altered:
        sentence = f"Not changed since '{name}' signed it, but made from a file that had been."
        return Provenance("altered", "Input altered", "warning", sentence, rows)
    if found.signer.trust is Trust.NONE:
        sentence = f"Not changed since '{name}' signed it; nothing shows who that really is."
        return Provenance("signed", "Signer unknown", "warning", sentence, rows)
    if found.signer.self_issued:
        sentence = f"Not changed since '{name}' signed it with an identity of this computer's own."
        return Provenance("signed", "Self-issued", "info", sentence, rows)
    sentence = f"Not changed since '{name}' signed it."
    return Provenance("signed", "Signed", "success", sentence, rows)


def _rows(found: Verification) -> tuple[tuple[str, str], ...]:
    from engine.trust.verification import State

    rows: list[tuple[str, str]] = []
    if found.signer is not None:
        kind = "self-issued, " if found.signer.self_issued else ""
        rows += [
            ("Signed by", found.signer.name),
            ("Organisation", found.signer.organisation),
            ("Identity", f"{kind}{found.signer.trust.value}"),
        ]
    rows += _claim_rows(found.claims)
    if found.sidecar is not None:
        rows.append(("Signature in", found.sidecar.name))
    if found.state is not State.UNSIGNED:
        rows += [("Note", reason) for reason in found.reasons]
    return tuple((name, text) for name, text in rows if text)


def _claim_rows(claims: Claims) -> list[tuple[str, str]]:
    prompt = claims.prompt.strip()
    if len(prompt) > _LONGEST_PROMPT:
        prompt = prompt[: _LONGEST_PROMPT - 1] + "…"
    inputs = ", ".join(f"{each.title} ({each.state.value})" for each in claims.ingredients)
    return [
        ("Made by AI", "yes" if claims.generated else ""),
        ("Made with", claims.generator),
        ("Model", claims.model),
        ("Prompt", prompt),
        ("Seed", "" if claims.seed is None else str(claims.seed)),
        ("Time", claims.time),
        ("Inputs", inputs),
        ("Checked", "" if claims.release is None else claims.release.checked),
        ("Marked", "" if claims.release is None else claims.release.marked),
        ("Graph", "inside the file" if claims.document else ""),
    ]
