"""What arrives on links becomes calls, and answers become outputs."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.flat import FlatNode
from engine.graph.node import Node, declare
from engine.graph.ports import In
from engine.run.calls import Calls, calls_for, gathered, outputs_of
from tests.engine.run import toys


def node(cls: type[Node]) -> FlatNode:
    type = declare(cls)  # type: ignore[arg-type]  # mypy reads the class as an instance
    return FlatNode("n", type, {name: spec.default for name, spec in type.params.items()}, {})


def calls(cls: type[Node], **arrived: object) -> Calls:
    return calls_for(node(cls), arrived)


def test_a_single_value_makes_one_call() -> None:
    assert calls(toys.Add, a=1) == Calls([{"a": 1, "amount": 0}], mapped=False)


def test_a_list_on_a_single_port_makes_a_call_for_each_element() -> None:
    made = calls(toys.Add, a=[1, 2], amount=5)
    assert made.mapped
    assert [fields["a"] for fields in made.fields] == [1, 2]
    assert {fields["amount"] for fields in made.fields} == {5}


def test_a_list_on_a_linked_parameter_maps_too() -> None:
    assert [fields["amount"] for fields in calls(toys.Add, a=1, amount=[1, 2]).fields] == [1, 2]


def test_lists_of_equal_length_go_in_step() -> None:
    made = calls(toys.Add, a=[1, 2], b=[3, 4])
    assert [(fields["a"], fields["b"]) for fields in made.fields] == [(1, 3), (2, 4)]


def test_a_list_of_one_serves_all() -> None:
    made = calls(toys.Add, a=[1, 2], b=[3])
    assert [(fields["a"], fields["b"]) for fields in made.fields] == [(1, 3), (2, 3)]


def test_lists_of_different_lengths_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="its lists differ in length: 'a' 2 and 'b' 3"):
        calls(toys.Add, a=[1, 2], b=[1, 2, 3])


def test_an_empty_list_makes_no_call() -> None:
    assert calls(toys.Add, a=[]) == Calls([], mapped=True)
    assert calls(toys.Add, a=[], b=[1]).fields == []


def test_a_single_value_arrives_at_a_list_port_as_a_list_of_one() -> None:
    assert calls(toys.Total, values=4) == Calls([{"values": [4]}], mapped=False)
    assert calls(toys.Total, values=[4, 5]) == Calls([{"values": [4, 5]}], mapped=False)


def test_a_single_value_for_a_list_parameter_is_wrapped() -> None:
    assert calls(toys.Numbers, values=4).fields == [{"values": [4]}]


def test_a_whole_number_widens_where_a_number_is_wanted() -> None:
    (fields,) = calls(toys.Halve, value=3).fields
    assert type(fields["value"]) is float
    (fields,) = calls(toys.Number, seconds=3).fields
    assert type(fields["seconds"]) is float


def test_a_value_of_the_wrong_type_names_the_input() -> None:
    with pytest.raises(InvalidInput, match="its input 'a' wants Integer, and got Text"):
        calls(toys.Add, a="three")


def test_nothing_on_a_required_input_is_told() -> None:
    with pytest.raises(InvalidInput, match="nothing arrived on its input 'a'"):
        calls(toys.Add, a=None)
    assert calls(toys.Add, a=1, b=None).fields[0]["b"] is None


def test_a_linked_parameter_out_of_range_names_it_and_its_bound() -> None:
    with pytest.raises(InvalidInput, match="its parameter 'amount' must be at most 100, not 101"):
        calls(toys.Add, a=1, amount=[1, 101])


def test_a_port_for_anything_takes_a_list_as_it_is() -> None:
    class Anything(Node, type="toy.anything"):
        """Takes anything."""

        value: In[object]

        def run(self, ctx: object) -> int:
            return 0

    assert calls(Anything, value=[1, 2]) == Calls([{"value": [1, 2]}], mapped=False)


def test_a_port_that_is_left_out_is_there_with_nothing_on_it() -> None:
    (fields,) = calls(toys.Either, left=1).fields
    assert fields == {"left": 1, "right": None, "take_left": True, "bonus": 0}


def test_a_pair_is_told_apart_by_name() -> None:
    type = node(toys.Halve).type
    assert outputs_of(type, toys.Halve.Halves(1.5, True)) == {"half": 1.5, "odd": True}
    with pytest.raises(InvalidInput, match="it returned tuple"):
        outputs_of(type, (1.5, True))


def test_mapped_answers_become_lists_and_lists_are_joined() -> None:
    pair = node(toys.Halve).type
    assert gathered(pair, [{"half": 1.0, "odd": True}, {"half": 2.0, "odd": False}]) == {
        "half": [1.0, 2.0],
        "odd": [True, False],
    }
    assert gathered(node(toys.Twice).type, [{"result": [1, 2]}, {"result": [3]}]) == {
        "result": [1, 2, 3]
    }
