"""Policy files: the shipped one, and mistakes in others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput, StorageFailed
from engine.trust.policy_file import (
    default_policy_file,
    parse_policy,
    people,
    read_policy,
    shipped,
    vocabulary,
)

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


SIGN = 'signs = [{{any = ["{}"], weight = {}}}]'


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
        ('any = ["a"]', 'any = ["re:(?i)a"]', 31, "category[1].rule[0].any[0]"),
        ('any = ["a"]', "signs = [{any = [], weight = 1}]", 31, "rule[0].signs[0].any"),
        ('all = [["a"], ["b"]]', 'all = [["a"], ["b", "_", "%"]]', 34, "rule[1].all[1][2]"),
        ('"two"', '"...", "b"', 3, "benign[1]"),
        ('"two"', '"@animals"', 3, "benign[1]"),
        ('any = ["a"]', 'any = ["@plants"]', 31, "category[1].rule[0].any"),
        ('any = ["a"]', 'any = ["..."]', 31, "category[1].rule[0].any[0]"),
        ('any = ["a"]', "", 30, "category[1].rule[0]"),
        ('any = ["a"]', "enough = 2", 30, "category[1].rule[0]"),
        ('any = ["a"]', 'signs = [{any = ["a"], weight = 1}]', 30, "category[1].rule[0]"),
        ('any = ["a"]', f"enough = 1\n{SIGN.format('@plants', 1)}", 32, "rule[0].signs"),
        ('any = ["a"]', f"any = ['b']\nenough = 1\n{SIGN.format('a', 1)}", 30, "rule[0]"),
        ('any = ["a"]', f"enough = 1\n{SIGN.format('a', 1000)}", 32, "rule[0].signs[0].weight"),
        ('all = [["a"], ["b"]]', 'all = [["a"], []]', 33, "category[1].rule[1]"),
        ('"two"', "2", 3, "benign[1]"),
        ('animals = ["cat"]', 'animals = "cat"', 9, "terms.animals"),
        ('animals = ["cat"]', 'animals = ["cat", "@x"]', 9, "terms.animals[1]"),
        ("version = 1", "version = 2", 1, "version"),
        ('id = "second"', 'id = "first"', 23, "category[1].id"),
        ('id = "second"', 'id = "Second one"', 23, "category[1].id"),
        ('name = "test"', 'name = "t"\nlocales = ["de", "tlh"]', 3, "locales[1]"),
        ('name = "test"', 'name = "t"\nprotect = ["nobody"]', 3, "protect[0]"),
        ('action = "block"', 'action = "warn"\nabsolute = true', 11, "category[0]"),
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


def test_nothing_may_lift_an_absolute_category() -> None:
    absolute = GOOD.replace('action = "block"', 'action = "block"\nabsolute = true')
    with pytest.raises(InvalidInput, match=r"nothing may lift"):
        parse_policy(
            absolute.replace('any = ["@animals"]', 'any = ["cat"]\nunless = ["a"]').encode(), ""
        )
    against = f"enough = 1\n{SIGN.format('a', -1)}"
    with pytest.raises(InvalidInput, match=r"no sign may speak against it"):
        parse_policy(absolute.replace('any = ["@animals"]', against).encode(), "")
    with pytest.raises(
        InvalidInput, match=r"line 3, field 'benign\[0\]'.*'c4t walk' is no harmless"
    ):
        parse_policy(absolute.replace('"one"', '"c4t walk"').encode(), "my.toml")


def test_shipped_words_join_the_lists_that_a_policy_has() -> None:
    text = GOOD.replace('name = "test"', 'name = "t"\nlocales = ["de"]').replace(
        "animals =", 'minors = ["child"]\nanimals ='
    )
    terms = parse_policy(text.encode(), "").terms
    assert {"child", "kind"} <= set(terms["minors"])
    assert set(terms) == {"minors", "animals"}


@pytest.mark.parametrize("locale", shipped("locale"))
def test_every_word_of_a_language_has_its_list_in_the_shipped_policy(locale: str) -> None:
    words = vocabulary(locale)
    assert set(words.terms) <= set(default_policy_file().terms)
    assert {"minors", "explicit", "sexual_violence", "gore", "weapons", "hate"} <= set(words.terms)
    assert locale in default_policy_file().locales


@pytest.mark.parametrize("name", shipped("people"))
def test_nobody_is_protected_twice(name: str) -> None:
    names = [each for person in people(name).person for each in (person.name, *person.also)]
    assert len(names) == len(set(names))
    assert set(names) <= set(default_policy_file().terms["people"])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(GOOD)), st.integers(0, 60))
def test_a_damaged_policy_is_read_or_told(noise: bytes, at: int, gone: int) -> None:
    content = GOOD.encode()[:at] + noise + GOOD.encode()[at + gone :]
    told = "my.toml"
    try:
        parse_policy(content, told)
    except InvalidInput as error:
        told = str(error)
    assert told.startswith("my.toml")
