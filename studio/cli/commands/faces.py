"""`reelwright faces`: protected persons, whose faces no video may show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InvalidInput
from engine.values import Image
from studio.cli.console import count, messages, print_columns, print_json, results, say
from studio.cli.group import STYLE
from studio.cli.material import files_in, read_material

if TYPE_CHECKING:
    from engine.trust.vision.faces.models import Face, FaceModel

faces = typer.Typer(
    help="""Protected persons, whose faces no video may show.

    Only embeddings are kept, encrypted with a key in the configuration folder; never a picture.
    The models that find and compare faces are files of your own: detector.onnx and
    recogniser.onnx in one folder, calibrated with 'faces calibrate'.
    """,
    no_args_is_help=True,
    **STYLE,
)
_Models = Annotated[
    Path, typer.Option(metavar="FOLDER", help="Where detector.onnx and recogniser.onnx lie.")
]


@faces.command()
def add(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures of the person, alone.")],
    models: _Models,
    name: Annotated[str, typer.Option(help="Who it is.")] = "",
    consent: Annotated[
        str, typer.Option(help="Who agreed that the embeddings are kept, when and how.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why the person is protected.")] = "",
) -> None:
    """Protect a person, from one or several pictures."""
    from engine.trust.vision.faces.database import FaceDatabase, person_of

    person = person_of(name, consent, reason)
    model = _model(models)
    embeddings = [_alone(model, picture).embedding for picture in pictures]
    number = FaceDatabase().add(person, embeddings, model.version)
    say(messages(), "protected", f"person {number}: {count(len(embeddings), 'embedding')} kept")


@faces.command("list")
def list_persons(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Who is protected, who agreed, and why."""
    from engine.trust.vision.faces.database import FaceDatabase

    persons = FaceDatabase().persons()
    if as_json:
        print_json(
            [
                {
                    "number": each.number,
                    **each.person.model_dump(),
                    "embeddings": len(each.embeddings),
                    "model": each.model,
                }
                for each in persons
            ]
        )
    elif persons:
        rows = [("No", "Name", "Embeddings", "Consent", "Reason")]
        rows += [
            (
                str(each.number),
                each.person.name,
                str(len(each.embeddings)),
                each.person.consent,
                each.person.reason,
            )
            for each in persons
        ]
        print_columns(results(), rows, header=True, right=[0, 2])
    else:
        say(messages(), "note", "Nobody is protected.")


@faces.command()
def remove(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As 'faces list' shows it.")],
) -> None:
    """Forget a person; what was kept is overwritten."""
    from engine.trust.vision.faces.database import FaceDatabase

    FaceDatabase().remove(number)
    say(messages(), "removed", f"person {number}")


@faces.command()
def calibrate(
    examples: Annotated[
        Path, typer.Argument(help="A folder that holds a folder of pictures for each person.")
    ],
    models: _Models,
) -> None:
    """Measure how alike faces of one person are, and of two, and write calibration.json."""
    from engine.trust.vision.calibrating import write_calibration
    from engine.trust.vision.faces.calibrating import calibrated_faces

    model = _model(models)
    known = {
        each.name: [_alone(model, file) for file in files_in(each)]
        for each in sorted(examples.glob("*"))
        if each.is_dir()
    }
    found = calibrated_faces(known, f"{len(known)} persons in '{examples.name}'")
    path = write_calibration(found, models)
    say(messages(), "calibrated", f"'{path}': blocks above {found.threshold}")
    assert found.measured is not None
    say(messages(), "found", f"of pairs of one person {found.measured.found}")
    say(messages(), "false", f"of pairs of two {found.measured.false}")


def _model(folder: Path) -> FaceModel:
    from engine.trust.vision.faces.models import face_model

    return face_model(folder)


def _alone(model: FaceModel, file: Path) -> Face:
    """The one face in a picture."""
    material = read_material(file)
    if not isinstance(material, Image):
        raise InvalidInput(f"'{file}' is a video.", remedy="Give pictures.")
    found = model.faces(material.pixels_HWC)
    if len(found) != 1:
        raise InvalidInput(
            f"There {'is no face' if not found else f'are {len(found)} faces'} in '{file}'.",
            remedy="Give pictures in which the person is alone, and can be seen well.",
        )
    return found[0]
