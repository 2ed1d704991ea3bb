"""What the README of the models says of adding a family is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.models.diffusion.family import DiffusionFamily
from engine.models.families import families

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "engine" / "models"
README = (MODELS / "README.md").read_text("utf-8")
EXAMPLE = MODELS / "latte" / "family.py"
MOST_LINES = 120


def excerpts() -> list[tuple[str, str]]:
    """Files and what is quoted of them."""
    return re.findall(r"^```\w+ (\S+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def flush(text: str) -> str:
    """Without the indentation, which a quoted method loses."""
    return "\n".join(line.strip() for line in text.splitlines())


def test_a_family_by_the_recipe_is_short() -> None:
    lines = len(EXAMPLE.read_text("utf-8").splitlines())
    assert lines <= MOST_LINES
    assert f"`latte/family.py`: {lines} lines" in README


def test_no_other_file_knows_it_but_the_catalog_and_what_counts_its_work() -> None:
    rooms = [path for room in ("engine", "nodes", "studio") for path in (ROOT / room).rglob("*.py")]
    own = {EXAMPLE.parent, MODELS / "costs"}
    others = [path for path in rooms if own.isdisjoint(path.parents)]
    knowing = [
        path for path in others if re.search(r"\blatte\b|Latte[A-Z]", path.read_text("utf-8"))
    ]
    assert not knowing
    assert {p.name for p in EXAMPLE.parent.glob("*.py")} == {"__init__.py", "family.py"}


@pytest.mark.parametrize(("file", "text"), excerpts())
def test_an_excerpt_stands_in_its_file(file: str, text: str) -> None:
    place = MODELS / file if (MODELS / file).is_file() else ROOT / file
    assert flush(text) in flush(place.read_text("utf-8"))


def test_there_are_excerpts_and_every_fence_names_its_file() -> None:
    assert len(excerpts()) == README.count("```") // 2 >= 4


def test_it_names_what_a_family_must_write() -> None:
    told = README.split("It must write these:")[1].split("and these where")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    assert named == DiffusionFamily.__abstractmethods__ | {"title"}
    optional = README.split("and these where")[1].split("\n\n")[0]
    for name in re.findall(r"`(\w+)`", optional):
        assert hasattr(DiffusionFamily, name), name


def test_every_place_it_names_is_there() -> None:
    for name in re.findall(r"`((?:[\w-]+/)*[\w-]+(?:\.py|\.toml|\.json|/))(?::\w+)?`", README):
        if "NAME" in name or name in {"model_index.json", "family.py"}:
            continue
        places = (MODELS / name, ROOT / name, ROOT / "tests" / "engine" / "models" / name)
        assert any(place.exists() for place in places), name


def test_what_else_a_family_may_have_is_entered_where_it_says() -> None:
    entered = re.findall(r"`([A-Z]+)` in `([\w/]+\.py)`", README.split("**8.")[1])
    assert {name for name, _ in entered} == {"DENOISERS", "WORDS", "PLANS", "SOUND"}
    for name, file in entered:
        assert re.search(rf"^{name}: Final", (MODELS / file).read_text("utf-8"), re.MULTILINE), name


def test_the_map_names_every_family_and_every_folder() -> None:
    chart = README.split("**May not live here")[0]
    folders = [path.name for path in MODELS.iterdir() if (path / "__init__.py").is_file()]
    assert [name for name in folders if f"`{name}/`" not in chart] == []
    assert [name for name in families() if f"`{name}/`" not in chart] == []
