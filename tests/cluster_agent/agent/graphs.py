"""Small graphs as strangers send them."""

from __future__ import annotations

import json

Node = dict[str, object]


def graph(nodes: dict[str, Node], *links: tuple[str, str]) -> bytes:
    """A document's JSON; a link is ('node.output', 'node.input')."""
    return json.dumps(
        {
            "format": 1,
            "nodes": {id: {"version": 1, **node} for id, node in nodes.items()},
            "links": [{"from": a.split("."), "to": b.split(".")} for a, b in links],
        }
    ).encode()


def node(type: str, **params: object) -> Node:
    return {"type": type, "params": params}


SHOWN = graph(
    {"value": node("input.integer", value=7), "show": node("output.preview")},
    ("value.result", "show.value"),
)
"""Computes next to nothing."""


def loading(path: str, type: str = "input.image") -> bytes:
    """Reads a file that the graph names."""
    return graph(
        {"load": node(type, path=path), "show": node("output.preview")},
        ("load.result", "show.value"),
    )


def sampled(steps: int, every: int, seed: int = 1, frames: int = 1) -> bytes:
    """Samples a small video, and saves its first picture."""
    return graph(
        {
            "model": node("model.load"),
            "words": node("text.prompt", text="a red ball moving right"),
            "prompt": node("prompt.encode"),
            "sample": node(
                "video.sample",
                steps=steps,
                frames=frames,
                seed=seed,
                checkpoint_every=every,
                width=32,
                height=32,
            ),
            "decode": node("video.decode"),
            "frame": node("video.frame"),
            "save": node("output.image", name="picture", sign=False),
        },
        ("words.result", "prompt.text"),
        ("model.result", "prompt.model"),
        ("model.result", "sample.model"),
        ("prompt.result", "sample.positive"),
        ("sample.result", "decode.latent"),
        ("decode.result", "frame.clip"),
        ("frame.result", "save.image"),
    )
