from __future__ import annotations

import json


def test_a_graph_is_shown_in_the_order_it_runs_with_what_can_be_set(cli, write_graph) -> None:
    graph = write_graph(
        {"z": ("toy.add", {}), "a": ("toy.count", {"value": 3})},
        "a.result > z.first",
        exposed={"number": "a.value"},
    )
    assert cli("show", graph).stdout == (
        "A toy   2 nodes, 1 link\n"
        "\n"
        "To set\n"
        "  number  3\n"
        "\n"
        "Nodes\n"
        "  a  toy.count  value = 3\n"
        "  z  toy.add    first ← a\n"
    )


def test_a_graph_whose_nodes_are_not_installed_is_shown_all_the_same(cli, write_graph) -> None:
    graph = write_graph({"x": ("alien.node", {"power": 9})}, "x.out > y.in")
    result = cli("show", graph)
    assert result.exit_code == 0
    assert "x  alien.node  power = 9" in result.stdout


def test_json_is_the_document_itself(cli, talk) -> None:
    shown = json.loads(cli("show", talk, "--json").stdout)
    assert shown["nodes"].keys() == {"say", "write"}
    assert shown["format"] == 1
