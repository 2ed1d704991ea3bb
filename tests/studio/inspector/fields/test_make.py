"""Which field a parameter gets; every installed one gets one that holds its default."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.graph.params import ParamSpec
from engine.graph.registry import installed_registry
from studio.inspector.fields.choice import ChoiceField
from studio.inspector.fields.color import ColorField
from studio.inspector.fields.file import FileField
from studio.inspector.fields.folder import FolderField
from studio.inspector.fields.integer import IntegerField
from studio.inspector.fields.make import Fields
from studio.inspector.fields.number import NumberField
from studio.inspector.fields.prompt import PromptField
from studio.inspector.fields.seed import SeedField
from studio.inspector.fields.switch import SwitchField
from studio.inspector.fields.text_line import TextLineField
from studio.inspector.fields.values import ValuesField

PARAMS = [
    (f"{type.type}.{name}", param)
    for type in installed_registry().types()
    for name, param in type.params.items()
]


@pytest.mark.parametrize(
    ("kind", "default", "options", "made"),
    [
        (int, 1, {}, IntegerField),
        (float, 1.0, {}, NumberField),
        (int, 1, {"widget": "seed"}, SeedField),
        (bool, True, {}, SwitchField),
        (str, "a", {"choices": ("a", "b")}, ChoiceField),
        (str, "", {}, TextLineField),
        (str, "", {"widget": "text"}, PromptField),
        (str, "", {"widget": "open-file"}, FileField),
        (str, "", {"widget": "save-folder"}, FolderField),
        (str, "teal", {"widget": "color"}, ColorField),
        (float, [1.0], {"many": True}, ValuesField),
    ],
)
def test_the_declaration_decides(
    qtbot: QtBot, fields: Fields, kind: type, default: Any, options: dict[str, Any], made: type
) -> None:
    field = fields.make(ParamSpec("value", kind, default, **options))
    qtbot.addWidget(field)
    assert type(field) is made


@pytest.mark.parametrize(("name", "param"), PARAMS, ids=[name for name, _ in PARAMS])
def test_every_installed_parameter_round_trips_its_default(
    qtbot: QtBot, fields: Fields, name: str, param: ParamSpec
) -> None:
    field = fields.make(param)
    qtbot.addWidget(field)
    said: list[object] = []
    field.value_changed.connect(said.append)
    field.set_value(param.default)
    assert field.value == param.default
    assert field.offer(field.value)
    assert said == []
    assert type(field.value) is type(param.default)
    field.set_value(param.default, mixed=True)
    assert field.offer(param.default)
    assert said == [param.default]
