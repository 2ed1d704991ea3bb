"""What `doctor` looks at: every check is a function that answers with findings."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, TypeAlias

from engine.errors import ReelwrightError
from engine.folders import config_folder, models_folder, state_folder
from studio.cli.places import is_writable, nearest_existing

State: TypeAlias = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of the report; `remedy` is empty where all is well."""

    section: str
    name: str
    state: State
    detail: str
    remedy: str = ""


Check: TypeAlias = Callable[[], Iterator[Finding]]

OLDEST_PYTHON: Final = (3, 11)
NEWEST_PYTHON: Final = (3, 13)
GIB: Final = 1024**3
LITTLE_DISK: Final = 2 * GIB
LITTLE_MEMORY: Final = 2 * GIB

NEEDED: Final = (
    "torch",
    "numpy",
    "safetensors",
    "networkx",
    "pydantic",
    "av",
    "opencv-python-headless",
    "c2pa-python",
    "cryptography",
    "platformdirs",
    "typer",
    "rich",
)
CODERS: Final = {
    "libx264": "H.264",
    "aac": "AAC",
    "libx265": "HEVC",
    "libsvtav1": "AV1",
    "libvpx-vp9": "VP9",
    "libopus": "Opus",
}
INDISPENSABLE: Final = ("libx264", "aac")
HARDWARE: Final = ("h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "hevc_qsv", "av1_qsv")


def check_python() -> Iterator[Finding]:
    """Whether this Python is one that Reelwright is tested with."""
    found = sys.version_info[:2]
    name = f"Python {sys.version.split()[0]}"
    if OLDEST_PYTHON <= found <= NEWEST_PYTHON:
        yield Finding("Programs", name, "ok", sys.executable)
    else:
        yield Finding("Programs", name, "warn", "not tested", "Use Python 3.11, 3.12 or 3.13.")


def check_packages() -> Iterator[Finding]:
    """Whether the packages that every run needs are installed, and which optional ones are."""
    found = {package: _version(package) for package in NEEDED}
    for package in (package for package, installed in found.items() if not installed):
        remedy = f"Install it: pip install {package}"
        yield Finding("Programs", package, "fail", "missing", remedy)
    installed = ", ".join(f"{package} {number}" for package, number in found.items() if number)
    yield Finding("Programs", "packages", "ok", installed)
    missing = [name for name in ("diffusers", "transformers") if not _version(name)]
    if missing:
        detail = "not installed, so only the starter model runs: pip install 'reelwright[models]'"
        yield Finding("Programs", "extra 'models'", "ok", detail)
    else:
        yield Finding("Programs", "extra 'models'", "ok", "installed")


def check_coders() -> Iterator[Finding]:
    """Which software encoders the media library has."""
    import av

    available = av.codec.codecs_available
    remedy = "Install PyAV from its wheel: pip install --force-reinstall av"
    for coder in (coder for coder in CODERS if coder not in available):
        state: State = "fail" if coder in INDISPENSABLE else "warn"
        yield Finding("Media", CODERS[coder], state, f"{coder} is missing", remedy)
    detail = ", ".join(makes for coder, makes in CODERS.items() if coder in available)
    yield Finding("Media", "encoders", "ok", detail)


def check_hardware_coders() -> Iterator[Finding]:
    """Which hardware encoders open here; none is no fault."""
    works = [coder for coder in HARDWARE if _opens(coder)]
    detail = ", ".join(works) or "none; software encodes"
    yield Finding("Media", "hardware encoders", "ok", detail)


def check_devices() -> Iterator[Finding]:
    """What there is to compute with."""
    import torch

    from engine.models.residency import free_memory

    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        detail = f"{torch.cuda.get_device_name(index)}, {_gib(free)} of {_gib(total)} free"
        yield Finding("Computer", f"GPU {index}", "ok", detail)
    if not torch.cuda.is_available():
        yield Finding("Computer", "GPU", "ok", "none; the starter model needs none")
    yield Finding("Computer", "CPU", "ok", f"{os.cpu_count()} cores")
    memory = free_memory("cpu")
    little = memory < LITTLE_MEMORY
    remedy = "Close other programs before large runs." if little else ""
    state: State = "warn" if little else "ok"
    yield Finding("Computer", "memory", state, f"{_gib(memory)} free", remedy)


def check_folders() -> Iterator[Finding]:
    """Whether what must be kept can be kept, and whether there is room for it."""
    for name, folder, variable in (
        ("state folder", state_folder(), "REELWRIGHT_STATE"),
        ("configuration", config_folder(), "REELWRIGHT_CONFIG"),
        ("models", models_folder(), "REELWRIGHT_MODELS"),
    ):
        reason = _unwritable(folder)
        if reason:
            remedy = f"Make it writable, or name another folder in {variable}."
            yield Finding("Folders", name, "fail", f"{folder}: {reason}", remedy)
            continue
        free = shutil.disk_usage(nearest_existing(folder.absolute())).free
        state: State = "warn" if free < LITTLE_DISK else "ok"
        remedy = f"Free some space, or name another folder in {variable}." if state != "ok" else ""
        yield Finding("Folders", name, state, f"{folder}, {_gib(free)} free", remedy)


def check_identity() -> Iterator[Finding]:
    """Who signs the videos of this computer, and whether a key that stays elsewhere does so."""
    from cryptography import x509

    from engine.trust.chosen_identity import is_chosen

    if is_chosen():
        yield _named_identity()
        return
    leaf = config_folder() / "identity" / "signer.pem"
    if not leaf.exists():
        yield Finding("Signing", "identity", "ok", "made with the first video, self-issued")
        return
    try:
        certificate = x509.load_pem_x509_certificates(leaf.read_bytes())[0]
    except (OSError, ValueError) as error:
        remedy = f"Rename the folder '{leaf.parent}', and a new one is made."
        yield Finding("Signing", "identity", "fail", f"cannot be read: {error}", remedy)
        return
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    subject = certificate.subject.rfc4514_string().partition(",")[0].partition("=")[2]
    yield Finding("Signing", "identity", "ok", f"{subject}, valid until {until}")


def _named_identity() -> Finding:
    from cryptography import x509

    from engine.trust.chosen_identity import ready_identity

    try:
        identity = ready_identity()
    except ReelwrightError as error:
        return Finding("Signing", "identity", "fail", error.what, error.remedy)
    leaf = x509.load_pem_x509_certificates(identity.chain.encode())[0]
    detail = f"{identity.name}, valid until {leaf.not_valid_after_utc:%Y-%m-%d}"
    return Finding("Signing", "identity", "ok", detail)


def check_trust_lists() -> Iterator[Finding]:
    """Which lists say whose signatures and times count, and whether they are in date."""
    from datetime import UTC, datetime

    from engine.trust.trust_lists import Kind, installed

    now = datetime.now(UTC)
    for kind in Kind:
        name = f"list of {kind.value}"
        try:
            found = installed(kind)
        except ReelwrightError as error:
            yield Finding("Signing", name, "fail", error.what, error.remedy)
            continue
        if found is None:
            detail = "none; 'reelwright trust update' fetches the one of the C2PA"
            yield Finding("Signing", name, "ok", detail)
        elif outdated := found.outdated(now):
            yield Finding("Signing", name, "warn", outdated, "Run 'reelwright trust update'.")
        else:
            detail = f"{found.name}, {found.count} authorities, {found.age(now).days} days old"
            yield Finding("Signing", name, "ok", detail)


def check_markers() -> Iterator[Finding]:
    """Whether the networks that mark pictures are as described, and what they cost."""
    from engine.trust.watermark.neural.cost import cost_of
    from engine.trust.watermark.neural.described import described_markers
    from engine.trust.watermark.neural.marker import neural_marker

    for described in described_markers():
        name = f"marker '{described.name}'"
        try:
            marker = neural_marker(described)
            if described.use == "read":
                yield Finding("Marking", name, "ok", "only read")
                continue
            marker.ready()
            cost = cost_of(marker)
        except ReelwrightError as error:
            yield Finding("Marking", name, "fail", error.what, error.remedy)
            continue
        where = "beside" if described.use == "beside" else "instead of"
        detail = (
            f"{where} our own mark; {_ms(cost.mark)} a frame of 720p, {_ms(cost.read)} a frame read"
        )
        yield Finding("Marking", name, "ok", detail)


def check_nodes() -> Iterator[Finding]:
    """Whether every installed node pack could be loaded."""
    from engine.graph.registry import installed_registry

    registry = installed_registry()
    for name, pack_version in registry.packs.items():
        own = sum(registry.pack_of(node.type) == name for node in registry.types())
        yield Finding("Nodes", f"pack '{name}'", "ok", f"version {pack_version}, {own} nodes")
    for problem in registry.problems:
        yield Finding("Nodes", "problem", "fail", problem.message, problem.remedy)
    if not registry.types():
        remedy = "Install Reelwright again: pip install --force-reinstall reelwright"
        yield Finding("Nodes", "packs", "fail", "no nodes are installed", remedy)


def check_models() -> Iterator[Finding]:
    """Which models of the catalog have their weights here."""
    from engine.models import catalog

    for entry in catalog.entries():
        folder = catalog.folder_of(entry.id)
        if catalog.is_here(entry.id):
            yield Finding("Models", entry.id, "ok", str(folder))
        elif entry.source.startswith(catalog.SHIPPED):
            remedy = "Install Reelwright again; its weights are part of it."
            yield Finding("Models", entry.id, "fail", "its weights are missing", remedy)


CHECKS: Final[tuple[Check, ...]] = (
    check_python,
    check_packages,
    check_nodes,
    check_models,
    check_coders,
    check_hardware_coders,
    check_devices,
    check_folders,
    check_identity,
    check_trust_lists,
    check_markers,
)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _opens(coder: str) -> bool:
    """Whether a hardware encoder works: a listed one may lack its driver or its chip."""
    import av

    if coder not in av.codec.codecs_available:
        return False
    try:
        context = av.CodecContext.create(coder, "w")
        context.width, context.height, context.pix_fmt = 256, 256, "nv12"
        context.time_base = context.framerate = 25
        context.open()
    except (av.FFmpegError, ValueError, OSError):
        return False
    return True


def _unwritable(folder: Path) -> str:
    """Why nothing can be written to a folder that may not exist yet, or ''."""
    nearest = nearest_existing(folder.absolute())
    if not nearest.is_dir():
        return f"'{nearest}' is a file"
    return "" if is_writable(nearest) else f"'{nearest}' cannot be written"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _gib(size: float) -> str:
    return f"{size / GIB:.1f} GiB"
