"""Policy files: the shipped one, and mistakes in others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.policy_file import default_policy_file, parse_policy, read_policy

GOOD = """version = 1
name = "test"
benign = [
    "one",
    "two",
]

[terms]
animals = ["cat"]

[[category]]
id = "first"
title = "t"
severity = "low"
action = "block"
reason = "r"
suggestion = "s"

[[category.rule]]
any = ["@animals"]

[[category]]
id = "second"
title = "t"
severity = "high"
action = "warn"
reason = "r"
suggestion = "s"

[[category.rule]]
any = ["a"]

[[category.rule]]
all = [["a"], ["b"]]
within = 3
"""


def test_the_shipped_policy_covers_what_it_must() -> None:
    assert {category.id for category in default_policy_file().category} >= {
        "minors-sexual",
        "sexual-violence",
        "intimate-imagery",
        "impersonation",
        "graphic-violence",
        "self-harm",
        "terrorism-weapons",
        "hate",
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('severity = "low"', 'severity = "mild"', 14, "category[0].severity"),
        ('action = "warn"', 'action = "ban"', 26, "category[1].action"),
        ('title = "t"\nseverity = "high"', 'titel = "t"\nseverity = "high"', 22, "title"),
        ("within = 3", "within = 0", 35, "category[1].rule[1].within"),
        ("within = 3", 'within = "3"', 35, "category[1].rule[1].within"),
        ("within = 3", "whithin = 3", 35, "category[1].rule[1].whithin"),
        ('any = ["a"]', 'any = ["a", 7]', 31, "category[1].rule[0].any[1]"),
        ('any = ["a"]', 'any = ["re:(a"]', 31, "category[1].rule[0].any[0]"),
        ('any = ["a"]', 'any = ["@plants"]', 31, "category[1].rule[0].any"),
        ('any = ["a"]', 'any = ["..."]', 31, "category[1].rule[0].any[0]"),
        ('any = ["a"]', "", 30, "category[1].rule[0]"),
        ('all = [["a"], ["b"]]', 'all = [["a"], []]', 33, "category[1].rule[1]"),
        ('"two"', "2", 3, "benign[1]"),
        ('animals = ["cat"]', 'animals = "cat"', 9, "terms.animals"),
        ('animals = ["cat"]', 'animals = ["cat", "@x"]', 9, "terms.animals[1]"),
        ("version = 1", "version = 2", 1, "version"),
        ('id = "second"', 'id = "first"', 23, "category[1].id"),
        ('id = "second"', 'id = "Second one"', 23, "category[1].id"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_field(
    old: str, new: str, line: int, field: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(InvalidInput) as caught:
        parse_policy(GOOD.replace(old, new).encode(), "my.toml")
    message = str(caught.value)
    assert message.startswith(f"my.toml, line {line}, field '")
    assert field in message


def test_a_file_that_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="line 2"):
        parse_policy(b"version = 1\nname = = 2", "my.toml")
    with pytest.raises(InvalidInput, match="line 2"):
        parse_policy(b"version = 1\nname = '\xff'", "my.toml")


def test_a_policy_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(GOOD)
    assert read_policy(path).name == "test"
    with pytest.raises(StorageFailed, match=r"none\.toml"):
        read_policy(tmp_path / "none.toml")
