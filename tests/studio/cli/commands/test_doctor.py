from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.trust.identity import from_callback
from engine.trust.self_issued import self_issued
from engine.trust.trust_lists import Kind, install, remove
from studio.cli.checks import CHECKS, Finding, check_identity, check_trust_lists
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


def test_who_was_named_to_sign_is_told_or_why_nobody_can(cli, monkeypatch, tmp_path) -> None:
    made = self_issued(tmp_path)
    (tmp_path / "chain.pem").write_text(made.chain)
    (tmp_path / "key.pem").write_text(str(made.secret))
    monkeypatch.setattr(doctor, "CHECKS", (check_identity,))
    monkeypatch.setenv("REELWRIGHT_CERTIFICATE", str(tmp_path / "chain.pem"))
    (finding,) = json.loads(cli("doctor", "--json").stdout)
    assert (finding["state"], "Only one of" in finding["detail"]) == ("fail", True)
    assert finding["remedy"]
    monkeypatch.setenv("REELWRIGHT_KEY", str(tmp_path / "key.pem"))
    (finding,) = json.loads(cli("doctor", "--json").stdout)
    assert (finding["state"], finding["detail"].startswith(made.name)) == ("ok", True)


def test_a_key_elsewhere_that_is_of_another_certificate_is_found_out(
    cli, monkeypatch, tmp_path
) -> None:
    made = from_callback(self_issued(tmp_path).chain, lambda data: b"nonsense")
    monkeypatch.setattr("engine.trust.chosen_identity.token_identity", lambda: made)
    monkeypatch.setattr(doctor, "CHECKS", (check_identity,))
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "pkcs11")
    result = cli("doctor", "--json")
    (finding,) = json.loads(result.stdout)
    assert (result.exit_code, "does not confirm" in finding["detail"]) == (1, True)


def test_lists_of_whom_to_trust_are_told_with_their_age(cli, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (check_trust_lists,))
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    root = self_issued(tmp_path / "elsewhere").root.encode()
    now = datetime.now(UTC)
    install(Kind.SIGNERS, root, "fresh.pem", now=now - timedelta(days=9))
    install(Kind.STAMPS, root, "old.pem", now=now - timedelta(days=900))
    told = json.loads(cli("doctor", "--json").stdout)
    assert [finding["state"] for finding in told] == ["ok", "warn"]
    assert ["9 days old" in told[0]["detail"], "900 days" in told[1]["detail"]] == [True, True]
    remove(Kind.SIGNERS)
    (tmp_path / "trust" / "stamps.json").write_text("{}")
    told = json.loads(cli("doctor", "--json").stdout)
    assert [finding["state"] for finding in told] == ["ok", "fail"]
