"""The README's tables of models: `python -m tests.models_table` writes them anew.

Rows are the catalog's models and families.  A cell is ticked where the catalog says that a model
can do something *and* a test proves it (`tests.proofs`): what the catalog claims and no test
proves is a '?', and a test of this module refuses that.  So nobody ticks anything by hand: mark
the test that shows it, then write the tables anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from engine.models.catalog import DENOISERS, CatalogEntry, entries
from engine.models.families import families
from tests.proofs import ROOT, Proof, gather

README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- models -->"
END: Final = "<!-- /models -->"

MODES: Final = {
    "text": "words",
    "image": "a picture",
    "last-image": "a last one",
    "keyframes": "at any frame",
    "reference": "looks like one",
    "video": "changes a video",
    "extension": "goes on",
    "control": "is guided",
    "audio": "sound",
}
"""Every mode of the catalog, and what heads its column."""

ABILITIES: Final = {
    "resume": "resumes",
    "half": "bfloat16",
    "flat": "decodes flat",
    "placed": "parts in turns",
    "lora": "LoRA",
    "single file": "single file",
    "gguf": "GGUF",
    "fp8": "fp8",
    "int8": "int8",
    "speed": "step cache",
    "parallel": "several GPUs",
}
"""What holds for a family whatever it makes, and what heads its column."""

TICK: Final = "✓"
CLAIMED: Final = "?"
GIGA: Final = 1e9


def tables(models: Iterable[CatalogEntry], proofs: Sequence[Proof]) -> str:
    """Both tables as Markdown."""
    models = list(models)
    heads = ["model", *MODES.values(), "GB in bf16 / fp8", "licence"]
    rows = [
        [f"`{each.id}`", *_modes(each, proofs), _memory(each), _licence(each)] for each in models
    ]
    shown = [name for name in families() if any(proof.is_of(name) for proof in proofs)]
    for name in (name for name in shown if name not in {each.family for each in models}):
        cells = (_tick(_proves(proofs, mode, name)) for mode in MODES)
        rows.append([f"a folder for `{name}`", *cells, "", ""])
    abilities = [
        [f"`{name}`", *(_tick(_proves(proofs, ability, name)) for ability in ABILITIES)]
        for name in shown
    ]
    return f"{_table(heads, rows)}\n\n{_table(['family', *ABILITIES.values()], abilities)}"


def unproven(models: Iterable[CatalogEntry], proofs: Sequence[Proof]) -> list[str]:
    """What the catalog claims of models that can be run, and no test proves: 'model: mode'."""
    return [
        f"{each.id}: {mode}"
        for each in models
        for mode in each.modes
        if each.family in families() and not _proves(proofs, mode, each.family, each.id)
    ]


def unknown(models: Iterable[CatalogEntry], proofs: Sequence[Proof]) -> list[str]:
    """The tests that prove something of nobody, or something that has no name."""
    models = list(models)
    names = {*MODES, *ABILITIES}
    return [
        f"{proof.test}: {proof.of}: {', '.join(proof.what)}"
        for proof in proofs
        if not names.issuperset(proof.what)
        or not proof.what
        or not all(_is_somebody(name, models) for name in proof.of.split())
    ]


def written(readme: str, tables: str) -> str:
    """The README with these tables between its marks.  Raises ValueError where they are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def _modes(model: CatalogEntry, proofs: Sequence[Proof]) -> list[str]:
    def cell(mode: str) -> str:
        if mode not in model.modes:
            return ""
        return TICK if _proves(proofs, mode, model.family, model.id) else CLAIMED

    return [cell(mode) for mode in MODES]


def _proves(proofs: Iterable[Proof], what: str, family: str, id: str = "") -> bool:
    return any(what in proof.what and proof.is_of(family, id) for proof in proofs)


def _is_somebody(name: str, models: Iterable[CatalogEntry]) -> bool:
    probe = Proof("", name, ())
    return name in families() or any(probe.is_of("", model.id) for model in models)


def _memory(model: CatalogEntry) -> str:
    """All weights together, in two precisions; nothing where the denoiser is not known."""
    if not set(DENOISERS) & set(model.parameters):
        return ""
    sizes = [sum(model.memory(precision).values()) / GIGA for precision in ("bfloat16", "fp8")]
    return " / ".join(f"{size:.0f}" if size >= 1 else f"{size:.2f}" for size in sizes)


def _licence(model: CatalogEntry) -> str:
    return model.licence.removesuffix(" License").removesuffix(" Community")


def _tick(proven: bool) -> str:
    return TICK if proven else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    line = ["---", *[":-:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |".replace("  ", " ") for row in [heads, line, *rows])


def main() -> int:
    """Write the tables into the README; 1 if the catalog claims what no test proves."""
    models, proofs = entries(), gather()
    README.write_text(written(README.read_text("utf-8"), tables(models, proofs)), "utf-8")
    missing = unproven(models, proofs)
    for sentence in missing:
        print(f"not proven: {sentence}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
