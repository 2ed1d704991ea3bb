from __future__ import annotations

import json


def test_nodes_are_listed_by_category_with_their_first_sentence(cli) -> None:
    result = cli("nodes")
    lines = result.stdout.splitlines()
    toys = lines.index("Toys")
    assert result.exit_code == 0
    assert lines[toys + 1].split(maxsplit=1) == ["toy.add", "Add two numbers"]
    assert lines[toys + 2].split(maxsplit=1) == ["toy.count", "Give a number"]
    assert lines.index("Words") > toys


def test_one_node_shows_its_ranges_units_choices_and_ports(cli) -> None:
    shown = cli("nodes", "toy.count").stdout
    assert "But a second paragraph." in shown
    assert "  value  0..100 toys, 1 unless set\n         How many.\n" in shown
    assert "result  Integer" in shown
    assert "tone  kind | cross, kind unless set" in cli("nodes", "toy.say").stdout
    assert "second  Integer, may stay open" in cli("nodes", "toy.add").stdout


def test_json_is_the_schema_of_one_node_or_of_all(cli) -> None:
    one = json.loads(cli("nodes", "toy.count", "--json").stdout)
    assert one["properties"]["value"]["maximum"] == 100
    assert json.loads(cli("nodes", "--json").stdout)["toy.count"] == one


def test_an_unknown_type_is_answered_with_the_one_that_was_meant(cli) -> None:
    result = cli("nodes", "toy.coutn")
    assert result.exit_code == 2
    assert "There is no node type 'toy.coutn'. Did you mean 'toy.count'?" in result.stderr


def test_a_pack_that_cannot_be_loaded_is_named_and_hides_no_other(cli, pack_path) -> None:
    from pathlib import Path

    site = Path(pack_path.split(":")[0])
    entries = site / "toys-1.0.dist-info" / "entry_points.txt"
    before = entries.read_text()
    entries.write_text(before + "broken = toy_nodes:NOTHING\n")
    try:
        result = cli("nodes")
    finally:
        entries.write_text(before)
    assert "toy.count" in result.stdout
    assert "warning: The node pack 'broken' could not be loaded" in result.stderr
