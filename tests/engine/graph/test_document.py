"""A document is read strictly, written readably, and saved all or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.errors import StorageFailed
from engine.graph.document import (
    FORMAT,
    MAX_DOCUMENT_BYTES,
    Document,
    Exposed,
    NodeSpec,
    dump_document,
    load_document,
    parse_document,
    save_document,
)
from engine.graph.problems import InvalidDocument
from tests.engine.graph.samples import definition, graph, node

EVERYTHING = graph(
    {
        "paint": node("paint", width=64, color="blue", layers=["sky", "see"]),
        "soft": node("subgraph/soft", sharp=True),
        "save": node("save", mode="mute"),
        "alien": NodeSpec(type="acme.warp", version=7, params={"depth": 1.0, "on": [1, 2.0, "x"]}),
    },
    "paint -> soft.image",
    "soft -> save.what",
    name="Ein schönes Bild",
    subgraphs={
        "soft": definition(
            {"blur": node("blur")},
            inputs={"image": ("blur", "image")},
            outputs={"result": ("blur", "result")},
            params={"sharp": ("blur", "sharp")},
        )
    },
    exposed={"size": Exposed(node="paint", param="width", label="Size", help="In pixels.")},
    packs={"acme": "1.2"},
    view={"nodes": {"paint": {"at": [10, 20.5]}}, "notes": [{"text": "Hier"}], "zoom": None},
)


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(text)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


def test_what_is_written_is_read_again() -> None:
    text = dump_document(EVERYTHING)
    assert parse_document(text) == EVERYTHING
    assert dump_document(parse_document(text)) == text


def test_the_kinds_of_numbers_survive() -> None:
    alien = parse_document(dump_document(EVERYTHING)).nodes["alien"]
    assert repr(alien.params) == "{'depth': 1.0, 'on': [1, 2.0, 'x']}"


def test_the_text_is_readable() -> None:
    text = dump_document(EVERYTHING)
    assert text.endswith("}\n")
    assert '    {"from": ["paint", "result"], "to": ["soft", "image"]},\n' in text
    assert '      "params": {"width": 64, "color": "blue", "layers": ["sky", "see"]}\n' in text
    assert "Ein schönes Bild" in text
    assert "mode" not in text.replace('"mode": "mute"', "")
    assert all(len(line) <= 100 for line in text.splitlines())


def test_the_order_of_nodes_is_kept() -> None:
    text = dump_document(graph({"z": node("number"), "a": node("number")}))
    assert list(parse_document(text).nodes) == ["z", "a"]


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        EVERYTHING.name = "other"  # type: ignore[misc]


def test_a_byte_order_mark_is_no_harm() -> None:
    text = dump_document(EVERYTHING)
    assert parse_document(b"\xef\xbb\xbf" + text.encode()) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The document is empty."),
        (b"  \n ", "The document is empty."),
        (b"\xff\xfe{}", "The document is not UTF-8 text (byte 0)."),
        ('{"format": 1,', "ends unexpectedly at line 1, column 14; it seems to be cut off"),
        ('{"format": 1\n "x": 2}', "is not valid JSON at line 2, column 2"),
        ("[]", "holds a JSON list where an object is expected"),
        ("null", "holds a JSON null where"),
        ("{}", "has no 'format', so it is no Reelwright graph. If it is one, add \"format\": 1."),
        ('{"format": "1"}', "gives no valid 'format'"),
        ('{"format": true}', "gives no valid 'format'"),
        ('{"format": 0}', "gives no valid 'format'"),
        (
            f'{{"format": {FORMAT + 1}, "unheard": 1}}',
            f"was saved by a newer Reelwright (format {FORMAT + 1}). "
            f"This one reads up to format {FORMAT}; please update it.",
        ),
        ('{"format": 1, "name": "a", "name": "b"}', 'contains the key "name" twice'),
        ('{"format": 1, "view": {"x": NaN}}', "contains NaN, which is no finite number"),
        ('{"format": 1, "view": {"x": -Infinity}}', "contains -Infinity"),
        ('{"format": 1, "view": {"x": 1e999}}', "contains the number 1e999, which is too large"),
        ('{"format": 1, "view": {"x": 1' + "0" * 5000 + "}}", "a whole number that is too long"),
        ('{"format": 1, "name": "\\ud800"}', "half of a surrogate pair"),
        ('{"format": 1, "view": {"x": ' + "[" * 80 + "]" * 80 + "}}", "deeper than 64 levels"),
        ("[" * 100_000, "deeper than 64 levels"),
        ('{"a":' * 100_000, "deeper than 64 levels"),
    ],
)
def test_bad_text_is_told_in_one_sentence(text: str | bytes, sentence: str) -> None:
    (problem,) = problems(text)
    assert sentence in problem
    assert len(problem) < 300


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ({"nods": {}}, "an unknown key 'nods' in the top level. Did you mean 'nodes'?"),
        ({"nodes": []}, "nodes must be an object, not []."),
        ({"nodes": {"a": 3}}, "nodes › a must be an object, not 3."),
        ({"nodes": {"a": {"type": "x"}}}, "lacks the key 'version' in nodes › a. Add it."),
        (
            {"nodes": {"a": {"type": "x", "version": 1, "parms": {}}}},
            "an unknown key 'parms' in nodes › a. Did you mean 'params'?",
        ),
        (
            {"nodes": {"a": {"type": "x", "version": 1.5}}},
            "nodes › a › version must be a whole number, not 1.5.",
        ),
        (
            {"nodes": {"a": {"type": "x", "version": 0}}},
            "nodes › a › version must be at least 1, not 0.",
        ),
        (
            {"nodes": {"a": {"type": "x", "version": 1, "params": {"p": None}}}},
            "nodes › a › params › p must be true or false, a number, text, or a list of these, "
            "not null.",
        ),
        (
            {"nodes": {"a": {"type": "x", "version": 1, "params": {"p": [[1]]}}}},
            "nodes › a › params › p must be true or false, a number, text, or a list of these, "
            "not [[1]].",
        ),
        (
            {"nodes": {"a": {"type": "x", "version": 1, "mode": "of"}}},
            "nodes › a › mode must be 'on', 'bypass' or 'mute', not \"of\".",
        ),
        (
            {"nodes": {"a/b": {"type": "x", "version": 1}}},
            "a name 'a/b' in nodes. Use 1 to 100 letters, digits, '_' and '-'.",
        ),
        ({"links": {}}, "links must be a list, not {}."),
        ({"links": [{"from": ["a", "b"]}]}, "lacks the key 'to' in links › 0. Add it."),
        (
            {"links": [{"from": ["a"], "to": ["b", "c"]}]},
            "links › 0 › from must be [node, port].",
        ),
        (
            {"links": [{"from": ["a", "b", "c"], "to": ["b", "c"]}]},
            "links › 0 › from must be [node, port]. Give exactly these two names.",
        ),
        (
            {"links": [{"from": ["a", 1], "to": ["b", "c"]}]},
            "links › 0 › from › 1 must be text, not 1.",
        ),
        (
            {"subgraphs": {"s": {"nodes": {}, "inpts": {}}}},
            "an unknown key 'inpts' in subgraphs › s. Did you mean 'inputs'?",
        ),
        (
            {"exposed": {"e": {"node": "a", "param": "b", "lable": ""}}},
            "an unknown key 'lable' in exposed › e. Did you mean 'label'?",
        ),
        ({"packs": {"acme": 1}}, "packs › acme must be text, not 1."),
        ({"name": ["x"]}, 'name must be text, not ["x"].'),
    ],
)
def test_a_wrong_shape_names_its_place_and_the_way_out(
    rest: dict[str, object], sentence: str
) -> None:
    (problem,) = problems(json.dumps({"format": 1, **rest}))
    assert sentence in problem


def test_all_problems_come_at_once_with_their_nodes() -> None:
    nodes = {"a": {"type": 1, "version": 1}, "b": {"type": "x", "version": "1"}}
    inner = {"s": {"nodes": {"c": {"type": "x"}}}}
    with pytest.raises(InvalidDocument) as caught:
        parse_document(json.dumps({"format": 1, "nodes": nodes, "subgraphs": inner}))
    found = [(problem.node, problem.field) for problem in caught.value.problems]
    assert found == [("a", "type"), ("b", "version"), ("s:c", "version")]
    assert str(caught.value).startswith("The graph has 3 problems:\n- The document: nodes › a")


def test_a_long_list_of_problems_is_cut_for_reading() -> None:
    nodes = {f"n{i}": {"type": 1, "version": 1} for i in range(50)}
    with pytest.raises(InvalidDocument) as caught:
        parse_document(json.dumps({"format": 1, "nodes": nodes}))
    assert len(caught.value.problems) == 50
    assert str(caught.value).endswith("- ... and 30 more.")


def test_a_document_on_disk_is_read_again(tmp_path: Path) -> None:
    save_document(EVERYTHING, tmp_path / "graph.reel")
    assert load_document(tmp_path / "graph.reel") == EVERYTHING
    assert [file.name for file in tmp_path.iterdir()] == ["graph.reel"]


def test_a_file_that_is_no_graph_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "bad.reel").write_bytes(b"{")
    with pytest.raises(InvalidDocument, match=r"'.*bad.reel' ends unexpectedly"):
        load_document(tmp_path / "bad.reel")


def test_a_missing_file_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="There is no file"):
        load_document(tmp_path / "none.reel")
    with pytest.raises(InvalidDocument, match="is a folder"):
        load_document(tmp_path)
    with pytest.raises(StorageFailed, match="Cannot read"):
        load_document("a\0b")


def test_no_more_is_read_of_a_file_than_a_document_may_have(tmp_path: Path) -> None:
    huge = tmp_path / "huge.reel"
    with huge.open("wb") as file:
        file.truncate(50 * MAX_DOCUMENT_BYTES)
    with pytest.raises(InvalidDocument, match="is larger than 64 MiB"):
        load_document(huge)


def test_a_failed_save_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "graph.reel"
    target.mkdir()
    with pytest.raises(StorageFailed, match="cannot be written"):
        save_document(Document(), target)
    assert [file.name for file in tmp_path.iterdir()] == ["graph.reel"]
    with pytest.raises(StorageFailed, match="Choose another folder"):
        save_document(Document(), target / ("y" * 300))


def test_a_link_to_a_file_keeps_pointing_to_it(tmp_path: Path) -> None:
    (tmp_path / "real.reel").write_text("{}", "utf-8")
    (tmp_path / "alias.reel").symlink_to("real.reel")
    save_document(EVERYTHING, tmp_path / "alias.reel")
    assert (tmp_path / "alias.reel").is_symlink()
    assert load_document(tmp_path / "real.reel") == EVERYTHING
