"""What SIGNING.md prints works as it stands there."""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from engine.errors import InvalidInput
from engine.trust import token_settings
from engine.trust.certificates import pem
from engine.trust.chosen_identity import signing_identity
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.token_settings import read_token_settings
from engine.trust.verify import verify
from tests.engine.trust.test_identity import ISSUER, P256, ROOT, leaf_for

Maker = Callable[..., Path]

GUIDE = Path(token_settings.__file__).with_name("SIGNING.md").read_text("utf-8")
TOKEN = "hvs.a-secret"


def printed(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@dataclass
class Vault:
    """The transit engine's way to sign, over HTTP, with a key that nobody else sees."""

    key: ec.EllipticCurvePrivateKey
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def answer(self, path: str, token: str, body: bytes) -> tuple[int, dict[str, object]]:
        self.asked.append(path)
        if self.status != 200 or token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        data = base64.b64decode(json.loads(body)["input"])
        signature = self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        return 200, {"data": {"signature": f"vault:v1:{base64.b64encode(signature).decode()}"}}


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """The guide's package, installed, and a service that it speaks to."""
    served = Vault(P256)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = served.answer(self.path, self.headers["X-Vault-Token"], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *of: object) -> None:
            pass

    package = next(tomllib.loads(block) for block in printed("toml") if "[project]" in block)
    offers = package["project"]["entry-points"]["reelwright.identities"]
    info = tmp_path / "media_vault-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: media-vault\nVersion: 1\n")
    lines = [f"{name} = {place}\n" for name, place in offers.items()]
    (info / "entry_points.txt").write_text("[reelwright.identities]\n" + "".join(lines))
    (module,) = package["tool"]["setuptools"]["py-modules"]
    (tmp_path / f"{module}.py").write_text(printed("python")[0])
    (tmp_path / "chain.pem").write_text(pem([leaf_for(P256), ISSUER.certificate]))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        monkeypatch.setenv("MEDIA_CHAIN", str(tmp_path / "chain.pem"))
        monkeypatch.setenv("REELWRIGHT_IDENTITY", *offers)
        yield served
        server.shutdown()
        thread.join()


def test_the_service_s_key_signs_a_video(sample: Maker, vault: Vault) -> None:
    path = sample(".mp4")
    sign(path, signing_identity(), Statement("T"))
    assert verify(path, own_roots="", trust_list=pem([ROOT.certificate])).trusted
    assert vault.asked == ["/v1/transit/sign/media"]


def test_a_service_that_refuses_is_told_and_the_file_stays(sample: Maker, vault: Vault) -> None:
    path = sample(".mp4")
    before = path.read_bytes()
    vault.status = 403
    with pytest.raises(InvalidInput, match="could not be used: HTTP Error 403") as caught:
        sign(path, signing_identity(), Statement("T"))
    assert TOKEN not in str(caught.value)
    assert path.read_bytes() == before


def test_a_service_with_another_key_is_found_out(sample: Maker, vault: Vault) -> None:
    vault.key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InvalidInput, match="does not confirm"):
        sign(sample(".jpg"), signing_identity(), Statement("T"))


def test_the_example_is_as_short_as_the_guide_says() -> None:
    assert len(printed("python")) == 1
    code = [line for line in printed("python")[0].splitlines() if line.strip()]
    assert len(code) <= 30


def test_the_token_s_settings_are_read_as_they_are_printed(tmp_path: Path) -> None:
    (text,) = (block for block in printed("toml") if "module" in tomllib.loads(block))
    (tmp_path / "token.toml").write_text(text)
    settings = read_token_settings(tmp_path / "token.toml")
    assert (settings.token, settings.key) == ("Studio", "signing")
    assert settings.certificates == tmp_path / "chain.pem"
    assert all(f"{name} =" in (token_settings.__doc__ or "") for name in tomllib.loads(text))


def test_every_variable_that_is_named_is_one_that_is_read() -> None:
    root = Path(token_settings.__file__).parents[1]
    code = "".join(path.read_text("utf-8") for path in root.rglob("*.py"))
    named = set(re.findall(r"REELWRIGHT_[A-Z_]+", GUIDE))
    assert named
    assert {name for name in named if f'"{name}"' not in code} == set()
