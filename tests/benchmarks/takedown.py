"""Near copies of 200 registered clips among 5,000 others: found and false, and what looking costs.

A third of the clips are scenes of the starter model's world, the plainest of it (`PLAIN`), whatever
its weights show: backgrounds, shapes and motions that are drawn again and again, so many differ in
nothing but the colour or the speed of one shape.
The others are textures with patterns and moving shapes.  What shares every attribute with a
registered scene is drawn anew by the generator, not another clip, and is counted apart.

A picture of such a scene tells nothing of its motion: where colour, shape, count and backdrop are a
registered one's it shows the same thing, and is counted apart too.

    nice -n 19 python -m tests.benchmarks takedown
    TAKEDOWN_CLIPS=20,200 python -m tests.benchmarks takedown     # a tenth and less of it
    TAKEDOWN_PALE=8 python -m tests.benchmarks takedown           # an eighth of the contrast
"""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress

import numpy as np

from engine.errors import InvalidInput
from engine.models.starter.training.evaluate import wilson_interval
from engine.models.starter.training.scene import PLAIN, Scene, draw_scenes
from engine.models.starter.training.world import render
from engine.trust.takedown.frame_signs import frequencies, shrunk
from engine.trust.takedown.passages import Passage, passages_of
from engine.trust.takedown.search import Index, search
from engine.values import Image
from tests.benchmarks._table import row
from tests.engine.trust.takedown.clips import Video, as_clip, copies, encoded, textured

SIZES = (64, 96, 128, 160)
SEED = int(os.environ.get("TAKEDOWN_SEED", "13"))
"""The thresholds of `engine.trust.takedown.placing` were set on clips of seeds 13 and 21 to 23."""
PALE = int(os.environ.get("TAKEDOWN_PALE", "1"))
"""What the contrast of every clip is divided by."""


class World:
    """Clips by number: every third one a scene, the rest textures."""

    def __init__(self, number: int, seed: int) -> None:
        self._scenes, self._seed = draw_scenes(number, seed, extent=PLAIN), seed

    def scene(self, number: int) -> Scene | None:
        return None if number % 3 else self._scenes[number]

    def video(self, number: int) -> Video:
        grey = 128 - 128 // PALE
        return self._vivid(number) // np.uint8(PALE) + np.uint8(grey)

    def _vivid(self, number: int) -> Video:
        scene = self.scene(number)
        if scene is None:
            return textured(100_000 * self._seed + number)
        size = SIZES[number // 3 % len(SIZES)]
        return np.asarray(render(scene, 16, size, size))


def rate(what: str, hits: int, trials: int, bar: str = "") -> None:
    low, high = wilson_interval(hits, trials)
    figure = f"{hits}/{trials} = {hits / trials:.2%} [{low:.2%}, {high:.2%}]"
    print(f"  {what:<48} {figure:>36}   {bar}", flush=True)


def passages(world: World, registered: int) -> dict[int, list[Passage]]:
    """Those of the first clips, but for what is too plain to be registered: pale ones can be."""
    made = {}
    for number in range(registered):
        with suppress(InvalidInput):
            made[number] = passages_of(as_clip(world.video(number)))
    return made


def found(world: World, index: Index) -> Counter[str]:
    """How many copies of each kind lead to the request of what they were copied from."""
    hits: Counter[str] = Counter()
    for number in {number for number, _ in index.passages if isinstance(number, int)}:
        video = world.video(number)
        hits["registered"] += 1
        made = {name: make() for name, make in copies(video, number).items()}
        made["mirrored (no bar)"] = video[:, :, ::-1]
        for name, copy in made.items():
            match = search(index, as_clip(copy))
            hits[name] += match is not None and match.request == number
        frame = Image(encoded(video, 28)[8])
        match = search(index, frame)
        hits["one frame, crf 28, as a picture (no bar)"] += match is not None
    return hits


def run(registered: int, others: int, seed: int = SEED) -> tuple[Counter[str], Counter[str]]:
    """Counts of copies found, and of others taken for registered ones, by kind."""
    world = World(registered + others, seed)
    index = Index(passages(world, registered))
    scenes = [scene for n in range(registered) if (scene := world.scene(n))]
    known, pictured = {scene.attributes for scene in scenes}, set(map(pictured_by, scenes))
    hits = found(world, index)
    false: Counter[str] = Counter()
    for number in range(registered, registered + others):
        scene = world.scene(number)
        again = scene is not None and scene.attributes in known
        kind = "again" if again else "texture" if scene is None else "scene"
        video = world.video(number)
        false[f"{kind} clips"] += 1
        false[f"{kind} taken"] += search(index, as_clip(video)) is not None
        same = scene is not None and pictured_by(scene) in pictured
        kind = "same pictures" if same else "pictures"
        false[kind] += 1
        false[f"{kind} taken"] += search(index, Image(video[8])) is not None
    return hits, false


def pictured_by(scene: Scene) -> tuple[str, str, int, str]:
    """What can be seen of a scene in a single frame."""
    return scene.colour, scene.shape, scene.count, scene.background


def cost(registered: int) -> None:
    """Processor time for each frame of a 720p video, hashing and looking."""
    world = World(registered, SEED)
    index = Index(passages(world, registered))
    row_, column = np.mgrid[:720, :1280]
    base = np.stack([127 + 100 * np.sin(x / 40) for x in (column, row_, row_ + column)], axis=-1)
    video = np.stack([np.roll(base, 3 * t, 1).astype(np.uint8) for t in range(48)])
    begin = time.process_time()
    for frame in video:
        frequencies(shrunk(frame))
    hashing = time.process_time() - begin
    begin = time.process_time()
    search(index, as_clip(video, fps=24))
    both = time.process_time() - begin
    row("hashing a frame of 720p", f"{hashing / 48 * 1e3:.2f} ms")
    row(f"... and looking among {registered}, 24 fps", f"{both / 48 * 1e3:.2f} ms", "a few ms")
    kept = [
        len(p.packed())
        for several in passages(world, min(20, registered)).values()
        for p in several
    ]
    row("kept for a passage", f"{np.mean(kept) / 1024:.1f} KiB")


def main() -> None:
    """Print the rows."""
    registered, others = map(int, os.environ.get("TAKEDOWN_CLIPS", "200,5000").split(","))
    begin = time.perf_counter()
    hits, false = run(registered, others)
    there = hits.pop("registered")
    for name, number in hits.items():
        alone = "no bar" not in name and "at once" not in name
        rate(name, number, there, ">= 98 % found" if alone else "")
    scenes, textures = false["scene clips"], false["texture clips"]
    taken = false["scene taken"] + false["texture taken"]
    rate("others taken for registered ones", taken, scenes + textures, "<= 0.1 %")
    rate("... of them scenes of the same small world", false["scene taken"], scenes)
    rate("... of them textures", false["texture taken"], textures)
    rate("single frames as pictures (no bar)", false["pictures taken"], false["pictures"])
    if false["same pictures"]:
        same = "... that show the same thing (no bar)"
        rate(same, false["same pictures taken"], false["same pictures"])
    if false["again clips"]:
        rate("the same scene drawn anew (no bar)", false["again taken"], false["again clips"])
    cost(registered)
    row("all of it took", f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
