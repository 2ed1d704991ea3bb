"""The rows of the machines: every place, its computers, and why one cannot take a run; Qt-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from psygnal import Signal, SignalInstance

from studio.machines.places import ChildState, Machine, Need, Place, PlaceState, fits, fits_anywhere
from studio.panels.rows import Row, Tone
from studio.runs import HERE
from studio.times import size

_PLACE_TONES: Final[Mapping[PlaceState, Tone]] = {
    "starting": "info",
    "ready": "success",
    "unreachable": "warning",
    "refused": "danger",
    "stopped": "warning",
}


class Desk(Protocol):
    """What is needed of `machines.desk.RunDesk`."""

    @property
    def places(self) -> tuple[Place, ...]: ...
    @property
    def child(self) -> ChildState: ...
    @property
    def places_changed(self) -> SignalInstance: ...
    @property
    def child_changed(self) -> SignalInstance: ...


class MachineRows:
    """Places with their computers below; `job_title` says what a broker's job is called."""

    changed = Signal()
    row_changed = Signal(str)

    def __init__(self, desk: Desk, job_title: Callable[[str, str], str]) -> None:
        self._desk = desk
        self._job_title = job_title
        self._places: dict[str, Place] = {}
        self._machines: dict[str, tuple[Place, Machine]] = {}
        self._keys: list[str] = []
        self.chosen = HERE
        self.need: Need | None = None
        self.refresh()
        desk.places_changed.connect(self.refresh)
        desk.child_changed.connect(self._on_child)

    @property
    def keys(self) -> Sequence[str]:
        """Names of places; machines as 'place/name'."""
        return self._keys

    def place_of(self, key: str) -> Place | None:
        """The place that a row is, or belongs to."""
        if key in self._machines:
            return self._machines[key][0]
        return self._places.get(key)

    def choose(self, key: str) -> str:
        """Run there from now on; the name of the place."""
        place = self.place_of(key)
        if place is not None and place.name != self.chosen:
            self.chosen = place.name
            self._all_changed()
        return self.chosen

    def show_need(self, need: Need | None) -> None:
        """Say for every machine whether it can take what is open."""
        if need != self.need:
            self.need = need
            self._all_changed()

    def row(self, key: str) -> Row:
        """What a row shows."""
        if key in self._machines:
            return self._machine_row(key, *self._machines[key])
        place = self._places.get(key)
        return Row(key, "") if place is None else self._place_row(place)

    def refresh(self) -> None:
        """Look again at the places."""
        before = self._keys
        self._places = {place.name: place for place in self._desk.places}
        self._machines = {}
        self._keys = []
        for place in self._desk.places:
            self._keys.append(place.name)
            for machine in place.machines:
                key = f"{place.name}/{machine.name}"
                self._machines[key] = (place, machine)
                self._keys.append(key)
        if before != self._keys:
            self.changed.emit()
        else:
            self._all_changed()

    def _all_changed(self) -> None:
        for key in self._keys:
            self.row_changed.emit(key)

    def _on_child(self, _: ChildState) -> None:
        for key in self._keys:
            if self.place_of(key) is self._places.get(HERE):
                self.row_changed.emit(key)

    def _place_row(self, place: Place) -> Row:
        why = fits_anywhere(self.need, place) if self.need is not None else None
        detail = place.sentence or why or _summary(place)
        tone: Tone = "warning" if why and not place.sentence else _PLACE_TONES[place.state]
        return Row(
            place.name,
            place.title,
            detail,
            "runs go here" if place.name == self.chosen else "",
            "machine" if place.here else "cloud",
            tone,
            chosen=place.name == self.chosen,
            heading=True,
            tip="\n".join(dict.fromkeys((place.title, detail))),
        )

    def _machine_row(self, key: str, place: Place, machine: Machine) -> Row:
        why = fits(self.need, machine) if self.need is not None else None
        busy = [self._job_title(place.name, job) for job in machine.jobs]
        parts = [_hardware(machine)]
        if place.here and self._desk.child.memory:
            child = self._desk.child
            parts.append(f"{size(child.memory)} in use, {size(child.peak)} at most")
        detail = why or "  ·  ".join(parts)
        tip = [machine.host or machine.name, *parts, machine.software]
        tip += [f"Models: {', '.join(machine.models)}"] if machine.models else []
        tip += [why] if why else []
        return Row(
            key,
            machine.host if place.here and machine.host else machine.name,
            detail,
            _right(machine, busy),
            "gpu" if machine.has_gpu else "memory",
            "warning" if why else _machine_tone(machine),
            depth=1,
            tags=machine.warm,
            tip="\n".join(line for line in tip if line),
        )


def _right(machine: Machine, busy: Sequence[str]) -> str:
    if machine.state == "offline":
        return "not connected"
    if machine.state == "draining":
        return "takes no more work"
    if busy:
        return busy[0] if len(busy) == 1 else f"{busy[0]} and {len(busy) - 1} more"
    return "free"


def _machine_tone(machine: Machine) -> Tone:
    if machine.state != "online":
        return "muted"
    return "accent" if machine.jobs else "success"


def _hardware(machine: Machine) -> str:
    if not machine.has_gpu:
        return f"No GPU, {machine.cpus} processors, {size(machine.memory)}"
    kinds = list(dict.fromkeys(name for name, _ in machine.gpus))
    each = size(max(memory for _, memory in machine.gpus))
    count = len(machine.gpus)
    name = kinds[0] if len(kinds) == 1 else f"{kinds[0]} and others"
    return f"{f'{count} × ' if count > 1 else ''}{name}, {each}{' each' if count > 1 else ''}"


def _summary(place: Place) -> str:
    online = [machine for machine in place.machines if machine.state == "online"]
    if not online:
        return "Its machine comes up" if place.here else "No machine works for it now"
    gpus = sum(len(machine.gpus) for machine in online if machine.has_gpu)
    free = sum(machine.free for machine in online)
    machines = "1 machine" if len(online) == 1 else f"{len(online)} machines"
    if gpus:
        return f"{machines}, {gpus} GPUs, {free} free"
    return f"Ready, {free} free" if free else "At work"
