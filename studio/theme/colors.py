"""The colours of both themes as plain data, and how contrast is measured; knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Colors:
    """What every part of the window is painted with, as '#rrggbb'.

    `window` lies lowest, `panel` on it, `raised` (buttons, menus, cards) on that; `field` is what
    is typed into.  `text`, `muted` and `accent` are readable on all four, `on_accent` on `accent`;
    `danger`, `warning`, `success` and `info` are readable on window, panel and node.
    """

    window: str
    panel: str
    raised: str
    field: str
    hover: str
    pressed: str
    outline: str
    outline_strong: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    danger: str
    warning: str
    success: str
    info: str
    danger_wash: str
    warning_wash: str
    success_wash: str
    info_wash: str
    canvas: str
    canvas_dot: str
    canvas_grid: str
    node: str
    node_header: str
    node_outline: str
    link: str
    frame: str
    note: str
    on_note: str
    shadow: str


DARK_COLORS: Final = Colors(
    window="#15171a",
    panel="#1b1e22",
    raised="#24282e",
    field="#111316",
    hover="#2c3138",
    pressed="#353b44",
    outline="#2f343b",
    outline_strong="#474e59",
    text="#e7e9ec",
    muted="#a0a8b3",
    disabled="#626a75",
    accent="#f0883e",
    accent_hover="#ffa05c",
    on_accent="#1c0f04",
    selection="#43301f",
    danger="#ff7b72",
    warning="#e3b341",
    success="#57cf6b",
    info="#6cb6ff",
    danger_wash="#381e20",
    warning_wash="#332a17",
    success_wash="#182c1e",
    info_wash="#1a2838",
    canvas="#121417",
    canvas_dot="#2b3037",
    canvas_grid="#1b1e22",
    node="#22262c",
    node_header="#2b3038",
    node_outline="#3d444e",
    link="#8b949e",
    frame="#7d8590",
    note="#3a3424",
    on_note="#f2e6c4",
    shadow="#000000",
)

LIGHT_COLORS: Final = Colors(
    window="#eceef1",
    panel="#f6f7f9",
    raised="#ffffff",
    field="#ffffff",
    hover="#e3e6ea",
    pressed="#d6dae0",
    outline="#d3d7dd",
    outline_strong="#a9b0ba",
    text="#1a1e24",
    muted="#565e69",
    disabled="#989fa9",
    accent="#a5480a",
    accent_hover="#8a3c08",
    on_accent="#ffffff",
    selection="#fbe0cb",
    danger="#b02a22",
    warning="#805300",
    success="#1a6b30",
    info="#0b5aa6",
    danger_wash="#fbe4e2",
    warning_wash="#fbf0d3",
    success_wash="#def3e3",
    info_wash="#dfedfb",
    canvas="#e4e7eb",
    canvas_dot="#c3c9d1",
    canvas_grid="#d9dde2",
    node="#fbfcfd",
    node_header="#eef0f3",
    node_outline="#b9c0c9",
    link="#6a737d",
    frame="#7d8590",
    note="#fbf1cf",
    on_note="#40371b",
    shadow="#59616c",
)

NODE_COLORS: Final = ("slate", "rose", "amber", "leaf", "sky", "violet", "sand", "teal")
"""The names that a document may give to nodes, frames and notes."""

DARK_NODE_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "slate": "#3b4450",
        "rose": "#6b3440",
        "amber": "#66461f",
        "leaf": "#2f5237",
        "sky": "#28496b",
        "violet": "#4b3a70",
        "sand": "#544b35",
        "teal": "#1f5252",
    }
)

LIGHT_NODE_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "slate": "#d3dae3",
        "rose": "#f6cdd3",
        "amber": "#f8d9ae",
        "leaf": "#c9e6cf",
        "sky": "#c6dff8",
        "violet": "#dcd2f6",
        "sand": "#eae0c5",
        "teal": "#bde5e3",
    }
)

# One hue for each kind of value; what belongs together on a graph's way (model, conditioning,
# latent, clip) runs through the hues in that order.  Shapes tell kinds apart too.
DARK_TYPE_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "VideoModel": "#b392f0",
        "Conditioning": "#f0a04b",
        "FrameCondition": "#d9a679",
        "Latent": "#ff7eb6",
        "Clip": "#58a6ff",
        "Image": "#56d4dd",
        "Audio": "#7ee787",
        "Text": "#e3c14f",
        "Integer": "#9fb4c7",
        "Number": "#b9c4cf",
        "Switch": "#d18fa0",
        "Artifact": "#c0ca63",
        "Report": "#8fa876",
        "Path": "#b7a08a",
        "Anything": "#dfe3e8",
    }
)

LIGHT_TYPE_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "VideoModel": "#6f42c1",
        "Conditioning": "#b35900",
        "FrameCondition": "#87551f",
        "Latent": "#c2186b",
        "Clip": "#0b5fc4",
        "Image": "#0a7480",
        "Audio": "#1f7a34",
        "Text": "#806000",
        "Integer": "#43617d",
        "Number": "#53606c",
        "Switch": "#8c4257",
        "Artifact": "#626a00",
        "Report": "#4c6636",
        "Path": "#6b5540",
        "Anything": "#3a4048",
    }
)


def channels(color: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of '#rrggbb'."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def luminance(color: str) -> float:
    """The relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(channel / 255) for channel in channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2); text wants 4.5 or more."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two: `share` of the other, 0 to 1."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
