"""Where a signing key's token is: read with every mistake told, the PIN in none of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import InvalidInput, ReelwrightError, StorageFailed
from engine.trust.token_settings import PIN_VARIABLE, read_token_settings, token_pin
from engine.trust.tokens import token_identity

Configure = Callable[[str], Path]

PIN = "4711-secret"
USUAL = 'module = "/lib/maker.so"\ntoken = "Studio"\nkey = "signing"\n'


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    def write(text: str) -> Path:
        (tmp_path / "token.toml").write_text(text)
        return tmp_path / "token.toml"

    return write


def test_paths_are_taken_from_the_file_s_own_folder(configure: Configure, tmp_path: Path) -> None:
    text = USUAL + 'certificates = "chain.pem"\npin_file = "/run/secrets/pin"\n'
    settings = read_token_settings(configure(text))
    assert settings.module == Path("/lib/maker.so")
    assert settings.certificates == tmp_path / "chain.pem"
    assert settings.pin_file == Path("/run/secrets/pin")


def test_they_lie_in_the_configuration_folder(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = configure(USUAL)
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    assert read_token_settings() == read_token_settings(place)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (USUAL + 'certificate = "a"\n', "line 4, field 'certificate': there is no such field"),
        (USUAL.replace('"signing"', '""'), "give the key's label"),
        (USUAL + 'key_id = "0g"\n', "line 4, field 'key_id'"),
        (USUAL.replace('"Studio"', '""'), "line 2, field 'token'"),
        (USUAL.replace("module", "# module"), "field 'module': this field is missing"),
        (USUAL + f'pin = "{PIN}"\n', "line 4, field 'pin': there is no such field"),
        (f'pin = "{PIN}', "is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(configure: Configure, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        read_token_settings(configure(text))
    assert "token.toml" in str(caught.value)
    assert all(PIN not in str(error) for error in whole_chain(caught.value))


def test_settings_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="says where the signing key's token is"):
        read_token_settings(tmp_path / "none.toml")
    with pytest.raises(StorageFailed):
        read_token_settings(tmp_path)


def test_the_pin_comes_from_the_environment_or_from_a_file(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    assert token_pin(read_token_settings(configure(USUAL))) == PIN
    (tmp_path / "pin").write_text("8888\n")
    (tmp_path / "pin").chmod(0o600)
    assert token_pin(read_token_settings(configure(USUAL + 'pin_file = "pin"\n'))) == "8888"


@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620, 0o666])
def test_a_pin_that_others_can_read_or_change_is_refused(
    configure: Configure, tmp_path: Path, rights: int
) -> None:
    (tmp_path / "pin").write_text(PIN)
    (tmp_path / "pin").chmod(rights)
    with pytest.raises(InvalidInput, match="can be read or changed by others") as caught:
        token_pin(read_token_settings(configure(USUAL + 'pin_file = "pin"\n')))
    assert PIN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no PIN"), (b"1" * 5000, "no PIN"), (PIN.encode() + b"\xff", "is not UTF-8")],
)
def test_a_file_that_holds_no_pin_is_told(
    configure: Configure, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "pin").write_bytes(content)
    (tmp_path / "pin").chmod(0o600)
    with pytest.raises(InvalidInput, match=words) as caught:
        token_pin(read_token_settings(configure(USUAL + 'pin_file = "pin"\n')))
    assert all(PIN not in str(error) for error in whole_chain(caught.value))


def test_without_any_pin_the_way_is_told(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIN_VARIABLE, raising=False)
    with pytest.raises(InvalidInput, match=f"no PIN .* in {PIN_VARIABLE}"):
        token_pin(read_token_settings(configure(USUAL)))
    with pytest.raises(ReelwrightError, match="cannot be read"):
        token_pin(read_token_settings(configure(USUAL + 'pin_file = "none"\n')))


def test_without_the_package_the_extra_is_named(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(InvalidInput, match=r"reelwright\[token\]"):
        token_identity(configure(USUAL))


def whole_chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
