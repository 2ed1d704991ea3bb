"""What a problem report holds, and above all what it never holds."""

from __future__ import annotations

import logging
import sys
import zipfile
from pathlib import Path

import pytest

from engine.errors import StorageFailed
from engine.graph.document import Document, NodeSpec, Subgraph, parse_document
from engine.graph.registry import installed_registry
from studio.project.journal import Journal
from studio.project.redaction import REMOVED, Redaction
from studio.project.report import Choices, Material, Part, findings, parts, save, versions
from studio.project.settings import Settings

SECRETS = {
    "a token of the hub": "hf_AbCdEfGhIjKlMnOpQrStUvWx",
    "a key of a service": "sk-proj-1234567890abcdef",
    "a token of github": "github_pat_11ABCDEFG0abcdefghijkl",
    "a cloud's key": "AKIAIOSFODNN7EXAMPLE",
    "a web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc123",
    "a curve key": "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    "a key in hexadecimals": "9f86d081884c7d659a2feaa0c55ad015" * 2,
}
ASSIGNED = (
    "password=hunter2x",
    'api_key: "hunter2x"',
    "{'secret': 'hunter2x'}",
    '"access-token": "hunter2x"',
    "Authorization: Bearer hunter2xyz",
    "https://me:hunter2x@example.org/graph",
    "MY_TOKEN=hunter2x other=1",
    "--password 'hunter2x'",
)
PEM = "-----BEGIN PRIVATE KEY-----\nMIIhunter2x\n-----END PRIVATE KEY-----"


@pytest.fixture
def redaction() -> Redaction:
    names = {"/home/ada": "~", "ada": "[user]", "engine-room": "[computer]"}
    return Redaction(names, frozenset({"tr0ub4dor"}))


def graph() -> Document:
    """A graph with a prompt, a file's path, a choice, and a node that is not installed."""
    prompt = NodeSpec(type="text.prompt", version=1, params={"text": "my private wish"})
    nodes = {
        "prompt": prompt,
        "picture": NodeSpec(type="input.image", version=1, params={"path": "/home/ada/love.png"}),
        "sample": NodeSpec(type="video.sample", version=1, params={"solver": "heun", "steps": 7}),
        "odd": NodeSpec(type="odd.node", version=1, params={"words": ["my private list"], "n": 3}),
    }
    view = {"notes": {"a": {"within": "", "text": "my private note", "color": "sand"}}}
    inner = Subgraph(nodes={"inner": prompt})
    return Document(name="my private name", nodes=nodes, subgraphs={"sub": inner}, view=view)


def material(**changes: object) -> Material:
    given: dict[str, object] = dict(
        versions=versions(),
        findings="ok    Folders: state folder: /home/ada/state\n",
        settings=Settings(output="/home/ada/films", place="engine-room"),
        entries=(),
        document=graph(),
        registry=installed_registry(),
    )
    return Material(**{**given, **changes})  # type: ignore[arg-type]


def everything(made: tuple[Part, ...]) -> str:
    return "\n".join(f"{part.name}\n{part.text}" for part in made)


def entries_of(*texts: str) -> Journal:
    journal = Journal()
    logger = logging.Logger("test")
    logger.addHandler(journal)
    for text in texts:
        logger.warning("%s", text)
    try:
        raise ValueError("tr0ub4dor in /home/ada/x")
    except ValueError:
        logger.exception("it broke")
    return journal


def test_a_report_names_its_parts(redaction) -> None:
    made = parts(material(), Choices(what_happened="It stopped."), redaction)
    names = [part.name for part in made]
    assert names == [
        "report.txt",
        "versions.txt",
        "doctor.txt",
        "settings.json",
        "log.txt",
        "graph.reel",
    ]
    assert "pydantic" in made[1].text


def test_what_is_not_wanted_is_not_in_it(redaction) -> None:
    made = parts(material(), Choices(with_document=False, with_log=False), redaction)
    assert [part.name for part in made] == ["versions.txt", "doctor.txt", "settings.json"]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_that_is_planted_anywhere_never_appears(redaction, secret: str) -> None:
    spoilt = material(
        findings=f"fail  Cluster: key {secret}\n",
        settings=Settings(output=f"/mnt/{secret}", place=secret),
        entries=entries_of(f"could not log in with {secret}").entries(),
        document=graph().model_copy(update={"name": secret}),
    )
    choices = Choices(what_happened=f"I used {secret}", with_texts=True, with_files=True)
    assert secret not in everything(parts(spoilt, choices, redaction))


@pytest.mark.parametrize("line", ASSIGNED)
def test_what_is_called_a_secret_loses_its_value(redaction, line: str) -> None:
    told = redaction.apply(f"before {line} after")
    assert "hunter2x" not in told
    assert REMOVED in told
    assert told.startswith("before ")


def test_a_private_key_goes_even_if_it_is_cut_off(redaction) -> None:
    assert redaction.apply(f"a {PEM} b") == f"a {REMOVED} b"
    assert "hunter2x" not in redaction.apply(PEM.partition("-----END")[0])


def test_values_of_secret_variables_go_wherever_they_are(monkeypatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "plainword1")
    monkeypatch.setenv("PATH_TO_SOMETHING", "innocent1")
    told = Redaction.of_this_computer().apply("it said plainword1 and innocent1")
    assert told == f"it said {REMOVED} and innocent1"


def test_names_of_home_user_and_computer_are_replaced(redaction) -> None:
    made = parts(
        material(entries=entries_of("Ada on engine-room opened /home/ada/x").entries()),
        Choices(what_happened="mail me: ada@example.org", with_texts=True, with_files=True),
        redaction,
    )
    told = everything(made).casefold()
    assert "engine-room" not in told
    assert "/home/ada" not in told
    assert "ada@example.org" not in told
    assert "tr0ub4dor" not in told
    assert '"output": "~/films"' in told


def test_names_within_words_stay(redaction) -> None:
    assert redaction.apply("Canada and adapters") == "Canada and adapters"
    assert (
        redaction.apply("/home/bob/x, C:\\Users\\bob\\x") == "/home/[user]/x, C:\\Users\\[user]\\x"
    )


def test_ordinary_lines_stay_as_they_are(redaction) -> None:
    line = "2026-01-01 12:00:00 WARNING engine.run: Node 'sample' took 12.5 s (3 of 50 steps)."
    assert redaction.apply(line) == line


def test_texts_and_file_names_leave_the_graph_unless_they_are_ticked(redaction) -> None:
    told = parts(material(), Choices(), redaction)[-1].text
    assert "private" not in told
    assert "love.png" not in told
    bare = parse_document(told)
    assert bare.nodes["sample"].params == {"solver": "heun", "steps": 7}
    assert bare.nodes["prompt"].params == {"text": "[15 characters]"}
    assert bare.nodes["odd"].params == {"words": ["[15 characters]"], "n": 3}
    assert bare.view["notes"]["a"]["color"] == "sand"  # type: ignore[call-overload, index]


def test_what_is_ticked_is_in_it(redaction) -> None:
    texts = parts(material(), Choices(with_texts=True), redaction)[-1].text
    assert "my private wish" in texts
    assert "my private note" in texts
    assert "love.png" not in texts
    assert "my private list" not in texts, "nobody knows what a foreign node's texts are"
    files = parts(material(), Choices(with_files=True), redaction)[-1].text
    assert "~/love.png" in files
    assert "my private" not in files


def test_what_is_saved_is_what_was_shown(redaction, tmp_path: Path) -> None:
    made = parts(material(), Choices(), redaction)
    save(made, tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert found == {part.name: part.text for part in made}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        save((), tmp_path / "file" / "report.zip")


def test_the_doctor_is_asked_in_a_process_of_its_own() -> None:
    row = '[{"section": "A", "name": "b", "state": "ok", "detail": "c", "remedy": ""}]'
    assert findings([sys.executable, "-c", f"print({row!r})"]) == "ok    A: b: c\n"
    assert findings([sys.executable, "-c", "print(1)"]).startswith("The doctor could not be asked")
    assert findings(["/no/such/program"]).startswith("The doctor could not be asked")
