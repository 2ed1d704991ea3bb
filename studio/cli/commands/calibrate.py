"""`reelwright calibrate`: what a classifier of your own is worth, measured on your own examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InvalidInput, StorageFailed
from studio.cli.console import messages, say
from studio.cli.material import files_in, read_material

if TYPE_CHECKING:
    from engine.trust.vision.calibrating import Truth

_HARMFUL, _HARMLESS = "harmful", "harmless"


def calibrate(
    folder: Annotated[Path, typer.Argument(help="The folder of a transformers model.")],
    examples: Annotated[
        Path,
        typer.Argument(
            help="A folder with 'harmful' and 'harmless' in it: pictures, videos, .txt."
        ),
    ],
    unsafe: Annotated[
        list[str] | None, typer.Option(help="A label that means harm; may be given again.")
    ] = None,
    about: Annotated[str, typer.Option(help="The matter: nsfw, violence, ...")] = "harm",
    method: Annotated[
        str, typer.Option(help="For an encoder: d3 or stall; 'harmful' are then made videos.")
    ] = "",
    false_rate: Annotated[
        float, typer.Option(min=0, max=0.5, help="The share of false alarms that is allowed.")
    ] = 0.01,
    name: Annotated[
        str, typer.Option(help="File name of the calibration; several may lie in a folder.")
    ] = "calibration.json",
) -> None:
    """Fit how a classifier is read, and write it beside it.

    A classifier without a calibration is not heard.  What its threshold does is measured on
    examples that it was not set on, and told with its 95 % interval.
    """
    from engine.trust.vision import calibrating
    from engine.trust.vision.made.statistics import METHODS
    from engine.trust.vision.made.watch import MATTER

    if method and method not in METHODS:
        raise InvalidInput(
            f"There is no method '{method}'.", remedy=f"Choose {', '.join(METHODS)}."
        )
    if not name.endswith(".json") or Path(name).name != name:
        raise InvalidInput(f"'{name}' is no name for a calibration.", remedy="End it with .json.")
    labels = (method,) if method else tuple(unsafe or ())
    matter = MATTER if method else about
    wanted = calibrating.Wanted(matter, labels, false_rate, f"examples in '{examples.name}'")
    truths = _truths(examples)
    if method:
        found = calibrating.calibrated_encoder(folder, truths, wanted, method)
    else:
        found = calibrating.calibrated_classifier(folder, truths, wanted)
    path = calibrating.write_calibration(found, folder, name)
    say(messages(), "calibrated", f"'{path}': blocks from {found.threshold:.3f} on")
    if found.measured is None:
        say(messages(), "note", "With fewer than ten of each kind, its worth was not measured.")
        return
    say(messages(), "found", f"of the harmful {found.measured.found}")
    say(messages(), "false", f"of the harmless {found.measured.false}")


def _truths(examples: Path) -> Iterator[Truth]:
    from engine.trust.vision.calibrating import Truth

    for name in (_HARMFUL, _HARMLESS):
        for file in files_in(examples / name):
            if file.suffix == ".txt":
                yield from (Truth(line, name == _HARMFUL) for line in _lines(file))
            else:
                yield Truth(read_material(file), name == _HARMFUL)


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StorageFailed(
            f"'{file}' cannot be read: {error}.", remedy="Give a UTF-8 text file."
        ) from error
