"""What desktops and packages are told agrees with the program."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from studio.cli.table import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"


@pytest.fixture
def entry() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(PACKAGING / "reelwright.desktop")
    return parser


def test_the_desktop_entry_starts_the_studio_with_files(entry: ConfigParser) -> None:
    program, command, files = entry["Desktop Entry"]["Exec"].split()
    assert (program, files) == ("reelwright", "%F")
    assert command in COMMANDS


def test_every_action_of_the_entry_is_described(entry: ConfigParser) -> None:
    for name in entry["Desktop Entry"]["Actions"].rstrip(";").split(";"):
        assert entry[f"Desktop Action {name}"]["Exec"].startswith("reelwright studio")


def test_the_entry_opens_the_type_of_file_that_is_declared(entry: ConfigParser) -> None:
    types = ElementTree.parse(PACKAGING / "reelwright.xml").getroot()
    declared = [node.attrib["type"] for node in types]
    assert entry["Desktop Entry"]["MimeType"] == f"{declared[0]};"
    assert [node.attrib["pattern"] for node in types.iter() if node.tag.endswith("glob")] == [
        "*.reel"
    ]


def test_the_icon_is_the_one_that_the_studio_draws() -> None:
    drawn = (ROOT / "assets" / "icons" / "app" / "reelwright.svg").read_bytes()
    assert (PACKAGING / "icons" / "reelwright.svg").read_bytes() == drawn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--help"], "Make videos from graphs"),
        (["-P", "-m", "studio", "nodes", "--help"], "The nodes there are"),
        (["-m", "json.tool", "--help"], "json"),
    ],
)
def test_the_packaged_program_answers_as_python_would(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, PACKAGING / "launch.py", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
