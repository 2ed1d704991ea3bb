"""Faces are found and embedded through model files of the user's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.vision.faces.calibrating import calibrated_faces
from engine.trust.vision.faces.models import face_model, face_models
from tests.engine.trust.vision import tiny


def test_a_face_is_found_where_it_is(face_folder: Path) -> None:
    (found,) = face_model(face_folder).faces(tiny.face(1, at=(32, 96)))
    assert found.box == pytest.approx((96, 32, 32, 32), abs=1)
    assert np.linalg.norm(found.embedding) == pytest.approx(1, abs=1e-5)


def test_a_picture_without_a_face_has_none(face_folder: Path) -> None:
    assert face_model(face_folder).faces(np.zeros((64, 64, 3), np.uint8)) == []


def test_faces_of_one_person_are_more_alike_than_of_two(face_folder: Path) -> None:
    model = face_model(face_folder)
    one, again, other = (
        model.faces(picture)[0].embedding
        for picture in (tiny.face(1), tiny.face(1, noise=3), tiny.face(2))
    )
    assert one @ again > one @ other


def test_models_that_are_missing_or_damaged_are_told(face_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"detector\.onnx' is not there"):
        face_model(tmp_path)
    shutil.copy(face_folder / "detector.onnx", tmp_path)
    (tmp_path / "recogniser.onnx").write_bytes(b"no model")
    with pytest.raises(InvalidInput, match="cannot be loaded"):
        face_model(tmp_path)


def test_a_calibration_of_something_else_is_refused(face_folder: Path) -> None:
    assert face_models(" ") is None
    with pytest.raises(InvalidInput, match="reelwright faces calibrate"):
        face_models(tiny.calibration(face_folder, "other.json"))


def test_similarity_is_calibrated_on_pairs_and_its_threshold_is_seven_tenths(
    face_folder: Path,
) -> None:
    model = face_model(face_folder)
    known = {
        str(person): [model.faces(tiny.face(person, noise))[0] for noise in range(3)]
        for person in range(5)
    }
    found = calibrated_faces(known, "made up")
    assert found.threshold == 0.7
    assert found.measured is not None
    assert (found.measured.found.hits, found.measured.found.of) == (15, 15)
    assert found.measured.false.hits <= 3
    assert found.measured.false.of == 90
    with pytest.raises(InvalidInput, match="pairs of one person"):
        calibrated_faces({"0": known["0"]}, "made up")
