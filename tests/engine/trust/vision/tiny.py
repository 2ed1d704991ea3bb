"""Random checkpoints a few kilobytes large, face models that know red patches, and short videos."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.values import Clip

Video = NDArray[np.uint8]

TINY = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "intermediate_size": 8,
}
FRAME = 112


def clip_of(video_THWC: Video, fps: int = 8, chunk: int = 5) -> Clip:
    def stream() -> Iterator[Video]:
        for start in range(0, len(video_THWC), chunk):
            yield video_THWC[start : start + chunk]

    frames, height, width, _ = video_THWC.shape
    return Clip(stream, frames, height, width, Fraction(fps))


def scenes(*levels: int, each: int = 10, size: int = 32) -> Video:
    """Scenes of even colour, one after the other, with a little noise."""
    noise = np.random.default_rng(0).integers(0, 4, (len(levels) * each, size, size, 3))
    base = np.repeat(np.array(levels), each)[:, None, None, None]
    return np.asarray(base + noise, np.uint8)


def calibration(folder: Path, name: str = "calibration.json", **fields: object) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"unsafe": ["bad"], "threshold": 0.5, "measured_on": "nothing: random weights"}
    (folder / name).write_text(json.dumps(whole | fields), "utf-8")
    return str(folder / name)


def picture_checkpoint(folder: Path, family: str = "ViT") -> Path:
    import transformers

    with warnings.catch_warnings(action="ignore"):
        labels: Mapping[int, str] = {0: "good", 1: "bad"}
        if family == "ViT":
            config = transformers.ViTConfig(**TINY, image_size=32, id2label=labels)
            transformers.ViTForImageClassification(config).save_pretrained(folder)
            size = {"height": 32, "width": 32}
            transformers.ViTImageProcessor(size=size).save_pretrained(folder)
        else:
            config = transformers.SiglipConfig(
                vision_config={**TINY, "image_size": 32}, id2label=labels
            )
            transformers.SiglipForImageClassification(config).save_pretrained(folder)
            size = {"height": 32, "width": 32}
            transformers.SiglipImageProcessor(size=size).save_pretrained(folder)
    return folder


def motion_checkpoint(folder: Path) -> Path:
    import transformers

    with warnings.catch_warnings(action="ignore"):
        config = transformers.VideoMAEConfig(
            **TINY, image_size=32, num_frames=4, id2label={0: "good", 1: "bad"}
        )
        transformers.VideoMAEForVideoClassification(config).save_pretrained(folder)
        crop = {"height": 32, "width": 32}
        transformers.VideoMAEImageProcessor(
            size={"shortest_edge": 32}, crop_size=crop
        ).save_pretrained(folder)
    return folder


def encoder(folder: Path) -> Path:
    import transformers

    with warnings.catch_warnings(action="ignore"):
        config = transformers.Dinov2Config(
            hidden_size=8, num_hidden_layers=1, num_attention_heads=1, image_size=28
        )
        transformers.Dinov2Model(config).save_pretrained(folder)
        crop = {"height": 28, "width": 28}
        transformers.BitImageProcessor(size={"shortest_edge": 28}, crop_size=crop).save_pretrained(
            folder
        )
    return folder


def face_models(folder: Path) -> Path:
    """A detector to which a red patch of 32 pixels is a face, and a random recogniser."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_detector(), folder / "detector.onnx")
    onnx.save(_recogniser(), folder / "recogniser.onnx")
    return folder


def face(seed: int, noise: int = 0, *, at: tuple[int, int] = (32, 64)) -> Video:
    """A picture of one 'face': red, with a pattern of its own inside."""
    picture = np.full((FRAME, 160, 3), 40, np.uint8)
    top, left = at
    patch = np.zeros((32, 32, 3), np.uint8)
    patch[..., 0] = 255
    own = np.random.default_rng(seed).integers(0, 2, (4, 4)) * 150
    patch[8:24, 8:24, 2] = np.kron(own, np.ones((4, 4)))
    if noise:
        shift = np.random.default_rng([seed, noise]).integers(-20, 20, (32, 32))
        patch[..., 2] = np.clip(patch[..., 2] + shift, 0, 255)
    picture[top : top + 32, left : left + 32] = patch
    return picture


def _detector() -> object:
    from onnx import TensorProto, helper, numpy_helper

    nodes, given = [], []

    def constant(name: str, value: object) -> str:
        given.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def head(stride: int, name: str, weight: Video, bias: list[float], *, sigmoid: bool) -> None:
        size, count = f"{name}_{stride}", len(bias)
        constant(f"w{size}", weight.astype(np.float32))
        constant(f"b{size}", np.array(bias, np.float32))
        constant(f"s{size}", np.array([1, -1, count], np.int64))
        sides = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        nodes.append(
            helper.make_node("Conv", ["input", f"w{size}", f"b{size}"], [f"c{size}"], **sides)
        )
        last = f"c{size}"
        if sigmoid:
            nodes.append(helper.make_node("Sigmoid", [last], [f"g{size}"]))
            last = f"g{size}"
        nodes.append(helper.make_node("Transpose", [last], [f"t{size}"], perm=[0, 2, 3, 1]))
        nodes.append(helper.make_node("Reshape", [f"t{size}", f"s{size}"], [size]))

    for stride in (8, 16, 32):
        red = np.zeros((1, 3, stride, stride))
        if stride == 32:  # the picture is BGR
            red[0, 2], red[0, 1] = 0.2 / stride**2, -0.2 / stride**2
        for name in ("cls", "obj"):
            head(stride, name, red, [-20.0], sigmoid=True)
        blind = np.zeros((10, 3, stride, stride))
        head(stride, "bbox", blind[:4], [0.5, 0.5, 0, 0], sigmoid=False)
        marks = [0.3, 0.35, 0.7, 0.35, 0.5, 0.55, 0.35, 0.75, 0.65, 0.75]
        head(stride, "kps", blind, marks, sigmoid=False)
    outputs = [
        helper.make_tensor_value_info(f"{name}_{stride}", TensorProto.FLOAT, [1, None, count])
        for name, count in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in (8, 16, 32)
    ]
    input_ = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, None, None])
    return _model(helper.make_graph(nodes, "detector", [input_], outputs, given))


def _recogniser() -> object:
    from onnx import TensorProto, helper, numpy_helper

    weight = np.random.default_rng(0).normal(0, 1, (16, 3, 16, 16)).astype(np.float32)
    weight[:, :2] = 0  # blue alone, in which the patterns differ
    weight -= weight.mean((2, 3), keepdims=True)
    nodes = [
        helper.make_node("AveragePool", ["data"], ["a"], kernel_shape=[7, 7], strides=[7, 7]),
        helper.make_node("Conv", ["a", "w"], ["c"], kernel_shape=[16, 16]),
        helper.make_node("Reshape", ["c", "s"], ["fc1"]),
    ]
    given = [
        numpy_helper.from_array(weight, "w"),
        numpy_helper.from_array(np.array([1, -1], np.int64), "s"),
    ]
    input_ = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 112, 112])
    output = helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, 16])
    return _model(helper.make_graph(nodes, "recogniser", [input_], [output], given))


def _model(graph: object) -> object:
    from onnx import helper

    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
