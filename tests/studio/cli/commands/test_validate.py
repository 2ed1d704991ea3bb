from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

NODE = {"type": "toy.count", "version": 2, "params": {}}


def document(**keys: object) -> bytes:
    return json.dumps({"format": 1, **keys}).encode()


def node(**keys: object) -> bytes:
    return document(nodes={"n": NODE | keys})


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


BAD: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
    "empty": (b"", "is empty"),
    "truncated": (node()[:-9], "is not valid JSON at line 1"),
    "not UTF-8": (b'{"format": 1, "name": "caf\xe9"}', "is not UTF-8"),
    "100 MB": (huge, "is larger than 64 MiB"),
    "no object": (b"[]", "holds a JSON list"),
    "deep": (b"[" * 100_000, "is nested deeper"),
    "no format": (b"{}", "has no 'format'"),
    "future": (b'{"format": 99}', "was saved by a newer Reelwright"),
    "unknown key": (document(nods={}), "Did you mean 'nodes'?"),
    "wrongly typed": (document(nodes=[1]), "must be an object"),
    "unknown type": (node(type="toy.coutn"), "Did you mean 'toy.count'?"),
    "out of range": (node(params={"value": 101}), "must be from 0 to 100 toys, not 101"),
    "wrong type": (node(params={"value": "many"}), "must be a whole number, not 'many'"),
    "unknown parameter": (node(params={"valeu": 1}), "Did you mean 'value'?"),
    "newer node": (node(version=7), "7"),
    "no such node": (
        document(nodes={"n": NODE}, links=[{"from": ["m", "result"], "to": ["n", "value"]}]),
        "'m'",
    ),
    "cyclic": (
        document(
            nodes={id: {"type": "toy.add", "version": 1} for id in "ab"},
            links=[
                {"from": ["a", "result"], "to": ["b", "first"]},
                {"from": ["b", "result"], "to": ["a", "first"]},
            ],
        ),
        "circle: a → b → a",
    ),
}


@pytest.fixture(params=BAD)
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    content, message = BAD[request.param]
    path = tmp_path / "bad.reel"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    return path, message


@pytest.mark.parametrize("command", ["validate", "run", "estimate"])
def test_a_bad_graph_gets_one_sentence_and_leaves_nothing(cli, bad, command: str) -> None:
    path, message = bad
    result = cli(command, path)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert [file.name for file in path.parent.iterdir()] == ["bad.reel"]


def test_all_problems_are_named_at_once(cli, write_graph) -> None:
    graph = write_graph(
        {
            "n": ("toy.count", {"value": 101}),
            "m": ("toy.count", {"value": -1}),
            "x": ("toy.unheard", {}),
        }
    )
    result = cli("validate", graph)
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["error"] * 3


def test_json_gives_every_problem_with_its_place(cli, write_graph) -> None:
    graph = write_graph({"n": ("toy.count", {"value": 101})})
    result = cli("validate", graph, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 2
    assert found["valid"] is False
    (problem,) = found["problems"]
    assert (problem["node"], problem["field"], problem["severity"]) == ("n", "value", "error")


def test_a_valid_graph_is_called_so(cli, talk) -> None:
    result = cli("validate", talk)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("talk.reel: valid, 2 nodes\n")
    assert json.loads(cli("validate", talk, "--json").stdout) == {"valid": True, "problems": []}


def test_an_older_graph_is_valid_as_running_it_upgrades_it(cli, write_graph) -> None:
    graph = write_graph({"n": ("toy.count", {})})
    graph.write_text(graph.read_text().replace('"version": 2', '"version": 1'))
    assert cli("validate", graph).exit_code == 0


def test_a_missing_file_and_a_folder_are_named(cli, tmp_path) -> None:
    assert "There is no file 'none.reel'." in cli("validate", "none.reel").stderr
    assert cli("validate", tmp_path).exit_code == 2
