"""What our signing and verifying cost beside the library's own, on a file of 200 MB.

Each is a process of its own, so that the peak of its memory is its own.  They take turns, and the
medians are compared.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from tests.benchmarks._table import row

MEGABYTES: Final = 200
TURNS: Final = 5

PROBE: Final = """
import sys, time
from pathlib import Path
from engine.trust.library import context, library_signer
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement, definition_of
from engine.trust.verify import verify
from engine.values import Origin
import c2pa

what, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
identity = self_issued(folder)
statement = Statement("A", Origin((), "starter", "ab" * 32, "a red ball", 5), '{"nodes": {}}', "1")


def plainly_sign():
    definition = definition_of(statement, [], signed_before=False)
    definition["ingredients"] = []
    definition["assertions"][0]["data"]["actions"][0].pop("parameters")
    builder = c2pa.Builder(definition, context=context(identity.root))
    signer, _ = library_signer(identity)
    with path.open("rb") as source, (folder / "signed.mp4").open("w+b") as target:
        builder.sign(signer, "video/mp4", source, target)


def plainly_read():
    with path.open("rb") as file:
        with c2pa.Reader("video/mp4", file, context=context(identity.root)) as reader:
            assert reader.get_validation_state() == "Trusted"


work = {
    "sign": lambda: sign(path, identity, statement),
    "library sign": plainly_sign,
    "verify": lambda: verify(path, own_roots=identity.root),
    "library read": plainly_read,
}[what]
begun = time.perf_counter()
work()
took = time.perf_counter() - begun
status = Path("/proc/self/status").read_text()
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
print(took, peak)
"""


class Cost(NamedTuple):
    """Seconds, and peak resident KiB of the process."""

    seconds: float
    peak: float


def large_video(path: Path, plain: bytes) -> None:
    """A real, small MP4 made large: media data that nothing refers to, in a box of its own."""
    size = MEGABYTES << 20
    path.write_bytes(plain + (size + 8).to_bytes(4, "big") + b"mdat")
    with path.open("ab") as file:
        for number in range(MEGABYTES):
            file.write(number.to_bytes(4, "big") * (1 << 18))


def cost(what: str, path: Path, folder: Path) -> Cost:
    """Run one piece of work in a process of its own."""
    command = [sys.executable, "-c", PROBE, what, str(path), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = map(float, done.stdout.split())
    return Cost(seconds, peak)


def compare(name: str, ours: list[Cost], theirs: list[Cost]) -> None:
    """Print the ratios of the medians."""
    for what, index, unit, scale in (("time", 0, "s", 1), ("peak memory", 1, "MiB", 1 / 1024)):
        mine, library = (median(each[index] for each in costs) for costs in (ours, theirs))
        figures = f"{mine / library:.2f}  ({mine * scale:.2f} : {library * scale:.2f} {unit})"
        row(f"{name} {MEGABYTES} MB, {what} / the library's own, n={len(ours)}", figures, "1.20")


def main() -> None:
    """Print what signing and verifying cost beside the library alone."""
    from tests.engine.trust.conftest import make_video

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "large.mp4"
        plain = make_video(folder / "small.mp4").read_bytes()
        costs: dict[str, list[Cost]] = {}
        for _ in range(TURNS):
            for what in ("library sign", "sign", "library read", "verify"):
                if what.endswith("sign"):
                    large_video(path, plain)
                costs.setdefault(what, []).append(cost(what, path, folder))
        compare("sign", costs["sign"], costs["library sign"])
        compare("verify", costs["verify"], costs["library read"])


if __name__ == "__main__":
    main()
