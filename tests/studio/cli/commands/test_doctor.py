from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from studio.cli.checks import CHECKS, Finding
from studio.cli.commands import doctor


def fine() -> Iterator[Finding]:
    yield Finding("Toys", "ball", "ok", "round")


def poor() -> Iterator[Finding]:
    yield Finding("Toys", "cube", "warn", "chipped", "Sand it.")


def check_broken() -> Iterator[Finding]:
    raise ImportError("no such library")
    yield


def test_the_real_checks_all_look_and_each_trouble_has_a_remedy(cli) -> None:
    result = cli("doctor", "--json")
    findings = json.loads(result.stdout)
    sections = {finding["section"] for finding in findings}
    assert {"Programs", "Nodes", "Media", "Computer", "Folders", "Signing"} <= sections
    assert "Checks" not in sections
    assert all(finding["remedy"] for finding in findings if finding["state"] != "ok")
    failed = any(finding["state"] == "fail" for finding in findings)
    assert result.exit_code == int(failed)


def test_the_toy_pack_is_found(cli) -> None:
    assert "ok    pack 'toys'" in cli("doctor").stdout


@pytest.mark.parametrize(
    ("checks", "code", "lines"),
    [
        ((fine,), 0, ["Toys", "  ok    ball  round"]),
        ((fine, poor), 0, ["Toys", "  ok    ball  round", "  warn  cube  chipped"]),
        ((check_broken,), 1, ["Checks", "  fail  broken  cannot be checked: ImportError"]),
    ],
)
def test_each_finding_is_a_line_and_only_failures_fail(
    cli, monkeypatch, checks, code: int, lines: list[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks)
    result = cli("doctor")
    assert result.exit_code == code
    for shown, expected in zip(result.stdout.splitlines()[: len(lines)], lines, strict=True):
        assert shown.startswith(expected)


def test_a_remedy_follows_its_trouble(cli, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (poor,))
    assert cli("doctor").stdout.splitlines()[-1].strip() == "Sand it."


def test_a_state_folder_that_cannot_be_is_a_failure_that_names_the_variable(
    cli, monkeypatch, tmp_path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "file" / "state"))
    findings = json.loads(cli("doctor", "--json").stdout)
    (state,) = (finding for finding in findings if finding["name"] == "state folder")
    assert state["state"] == "fail"
    assert "REELWRIGHT_STATE" in state["remedy"]


def test_every_check_says_what_it_is_for() -> None:
    assert all(check.__doc__ for check in CHECKS)
