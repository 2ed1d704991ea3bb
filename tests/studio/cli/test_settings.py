from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from studio.cli.settings import parse_settings, read_values, sweep


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert parse_settings(["sample.steps=4", "prompt=a = b, c"]) == {
        "sample.steps": "4",
        "prompt": "a = b, c",
    }


def test_the_last_of_equal_names_wins() -> None:
    assert parse_settings(["seed=1", "seed=2"]) == {"seed": "2"}


@pytest.mark.parametrize("text", ["seed", "=4", " =4", ""])
def test_what_is_no_assignment_is_quoted_with_the_form_that_would_be(text) -> None:
    with pytest.raises(InvalidInput, match=r"is no assignment\. Write --set node\.param=value"):
        parse_settings([text])


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("seed=1..4", ["1", "2", "3", "4"]),
        ("seed=4..1", ["4", "3", "2", "1"]),
        ("steps=100..300:100", ["100", "200", "300"]),
        ("steps=4..10:3", ["4", "7", "10"]),
        ("shift=0..1:0.25", ["0", "0.25", "0.5", "0.75", "1"]),
        ("seed=-1..1", ["-1", "0", "1"]),
        ("seed=7", ["7"]),
        ("seed=1..2, 9", ["1", "2", "9"]),
        ("prompt=a red ball, a blue box", ["a red ball", "a blue box"]),
        (r"prompt=a ball\, bouncing,a box", ["a ball, bouncing", "a box"]),
        ("prompt=wait..what", ["wait..what"]),
    ],
)
def test_a_sweep_takes_ranges_steps_and_lists(spec, values) -> None:
    name = spec.partition("=")[0]
    assert list(sweep([spec])) == [{name: value} for value in values]


def test_several_sweeps_make_every_combination_and_the_last_varies_fastest() -> None:
    assert list(sweep(["seed=1..2", "steps=4,8"])) == [
        {"seed": "1", "steps": "4"},
        {"seed": "1", "steps": "8"},
        {"seed": "2", "steps": "4"},
        {"seed": "2", "steps": "8"},
    ]


def test_no_sweep_is_one_run_with_nothing_set() -> None:
    assert list(sweep([])) == [{}]


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["seed=1..4:0"], "has the step 0"),
        (["seed=0..99999999999"], "at most 10,000"),
        (["seed=1..200", "steps=1..100"], "asks for 20,000 runs"),
        (["seed=1", "seed=2"], "names 'seed' twice"),
        (["seed"], "is no assignment"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused_with_its_reason(specs, message) -> None:
    with pytest.raises(InvalidInput, match=message):
        sweep(specs)


def test_values_are_read_from_json_and_toml_alike(tmp_path: Path) -> None:
    as_json = tmp_path / "values.json"
    as_json.write_text('{"prompt": "a ball", "sample": {"steps": 4, "guidance": 2.5}}')
    as_toml = tmp_path / "values.toml"
    as_toml.write_text('prompt = "a ball"\n[sample]\nsteps = 4\nguidance = 2.5\n')
    expected = {"prompt": "a ball", "sample": {"steps": 4, "guidance": 2.5}}
    assert read_values(as_json) == expected
    assert read_values(as_toml) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.json", b"", "is not valid JSON|ends unexpectedly"),
        ("cut.json", b'{"seed": ', "seems to be cut off"),
        ("list.json", b"[1, 2]", "holds no table"),
        ("latin.json", b'{"prompt": "caf\xe9"}', "is not UTF-8"),
        ("wrong.toml", b"seed = = 1", "is no valid TOML"),
        ("deep.json", b"[" * 100_000, "nested deeper"),
        ("large.json", b" " * (2 << 20), "larger than 1 MiB"),
    ],
)
def test_a_values_file_that_is_none_names_itself(tmp_path: Path, name, content, message) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as caught:
        read_values(path)
    assert str(path) in str(caught.value)


def test_a_missing_values_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: no such file"):
        read_values(tmp_path / "none.json")
