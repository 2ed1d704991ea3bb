"""A marker of two tiny networks: every bit is the sign of one wave, of 16 by 16.

The embedder adds them, fainter where the picture is dark, and the extractor tells how much of each
is there.  Unlike a taught one it takes the picture's own waves for the mark's, so that it reads
quiet pictures alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE, SIDE, LOWEST = 96, 16, 28
BITS = SIDE * SIDE


def describe(folder: Path, name: str = "tiny", channels: int = 1, **changes: object) -> Path:
    """Put the networks and their description into a folder; None leaves a line out."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    fields: dict[str, object] = {
        "use": "beside", "bits": BITS, "size": SIZE, "sees": "luma", "scaling": 0.1, "step": 3,
    }  # fmt: skip
    for which, network in (("embedder", embedder(channels)), ("extractor", extractor())):
        path = folder / f"{which}.onnx"
        onnx.save(network, path)
        fields[which] = path.name
        fields[f"{which}_sha256"] = digest(path)
    fields |= changes
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items() if value is not None]
    place = folder / f"{name}.toml"
    place.write_text("\n".join(lines) + "\n", "utf-8")
    return place


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def embedder(channels: int = 1) -> object:
    """(1, C, S, S) picture and (1, B) bits to what is added, of the picture's shape."""
    from onnx import helper

    nodes = [
        helper.make_node("Reshape", ["bits", "square"], ["b0"]),
        helper.make_node("Mul", ["b0", "two"], ["b1"]),
        helper.make_node("Sub", ["b1", "one"], ["b2"]),
        helper.make_node("MatMul", ["waves", "b2"], ["w0"]),
        helper.make_node("MatMul", ["w0", "waves_T"], ["w1"]),
        helper.make_node("Reshape", ["w1", "plane"], ["w2"]),
        helper.make_node("Mul", ["picture", "half"], ["p0"]),
        helper.make_node("Add", ["p0", "half"], ["p1"]),
        helper.make_node("Mul", ["w2", "p1"], ["residual"]),
    ]
    constants = _waves() | {
        "square": np.array([SIDE, SIDE]),
        "two": np.float32(2),
        "one": np.float32(1),
        "half": np.float32(0.5),
    }
    inputs = {"picture": [1, channels, SIZE, SIZE], "bits": [1, BITS]}
    return _model(nodes, constants, inputs, {"residual": [1, channels, SIZE, SIZE]})


def extractor(answers: int = BITS, gain: float = 1.0) -> object:
    """(1, 3, S, S) RGB to (1, B) logits."""
    from onnx import helper

    nodes = [
        helper.make_node("Conv", ["picture", "grey"], ["g0"]),
        helper.make_node("Reshape", ["g0", "side"], ["g1"]),
        helper.make_node("MatMul", ["waves_T", "g1"], ["w0"]),
        helper.make_node("MatMul", ["w0", "waves"], ["w1"]),
        helper.make_node("Reshape", ["w1", "row"], ["w2"]),
        helper.make_node("Mul", ["w2", "gain"], ["w3"]),
        helper.make_node("Slice", ["w3", "from", "to", "axis"], ["logits"]),
    ]
    constants = _waves() | {
        "grey": np.array([0.299, 0.587, 0.114], np.float32).reshape(1, 3, 1, 1),
        "row": np.array([1, BITS]),
        "gain": np.float32(gain),
        "from": np.array([0]),
        "to": np.array([answers]),
        "axis": np.array([1]),
    }
    return _model(nodes, constants, {"picture": [1, 3, SIZE, SIZE]}, {"logits": [1, answers]})


def joined() -> object:
    """An embedder that takes what it should and answers the picture and the bits."""
    from onnx import helper

    nodes = [
        helper.make_node("Reshape", ["picture", "flat"], ["p0"]),
        helper.make_node("Concat", ["p0", "bits"], ["both"], axis=1),
    ]
    inputs = {"picture": [1, 1, SIZE, SIZE], "bits": [1, BITS]}
    constants = {"flat": np.array([1, -1])}
    return _model(nodes, constants, inputs, {"both": [1, SIZE * SIZE + BITS]})


def _waves() -> dict[str, NDArray[np.generic]]:
    """The cosines of one direction, unit vectors of shape (SIZE, SIDE), and the shapes about."""
    places, often = np.arange(SIZE)[:, None] + 0.5, np.arange(LOWEST, LOWEST + SIDE)[None]
    waves = (np.cos(np.pi * places * often / SIZE) * np.sqrt(2 / SIZE)).astype(np.float32)
    return {
        "waves": waves,
        "waves_T": waves.T,
        "side": np.array([SIZE, SIZE]),
        "plane": np.array([1, 1, SIZE, SIZE]),
    }


def _model(
    nodes: list[object],
    constants: dict[str, NDArray[np.generic]],
    inputs: dict[str, list[int]],
    outputs: dict[str, list[int]],
) -> object:
    from onnx import TensorProto, helper, numpy_helper

    told = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends]
        for ends in (inputs.items(), outputs.items())
    ]
    given = [
        numpy_helper.from_array(np.ascontiguousarray(value), name)
        for name, value in constants.items()
    ]
    graph = helper.make_graph(nodes, "marker", *told, given)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
