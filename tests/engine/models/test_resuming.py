"""Every family in every mode goes on from any step in another process, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.models.conftest import TinyModel
from tests.engine.models.resumed_elsewhere import Case, keep, told_elsewhere

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)


def cases(tiny: TinyModel) -> dict[str, Case]:
    wan = str(tiny("wan"))
    ltx = str(tiny("ltx"))
    return {
        **{
            f"wan {solver}": Case("wan", wan, 5, solver=solver)
            for solver in ("euler", "unipc", "dpm++", "dpm++ sde", "deis", "lcm")
        },
        "wan video": Case("wan", wan, 5, source=True, steps=4),
        "wan picture": Case("wan", str(tiny("wan", kind="pictures")), 5, places=(0,)),
        "wan first and last": Case("wan", str(tiny("wan", kind="ends")), 5, places=(0, -1)),
        "wan experts": Case("wan", str(tiny("wan", kind="experts", scheduler="unipc")), 5, steps=5),
        "wan small": Case("wan", str(tiny("wan", kind="small")), 5, places=(0,)),
        "wan guided": Case("wan", str(tiny("wan", kind="guided")), 5, control=True),
        "ltx words": Case("ltx", ltx, 9),
        "ltx keyframes": Case("ltx", ltx, 17, places=(0, 5, -1)),
        "ltx extension": Case("ltx", ltx, 17, beginning=9),
        "ltx2 words": Case("ltx2", str(tiny("ltx2")), 9),
        "ltx2 keyframes": Case("ltx2", str(tiny("ltx2")), 17, places=(0, 5, -1)),
        "ltx2 picture": Case("ltx2", str(tiny("ltx2")), 9, places=(0,)),
        "cogvideox ddim": Case("cogvideox", str(tiny("cogvideox", scheduler="ddim")), 9),
        "cogvideox dpm": Case("cogvideox", str(tiny("cogvideox", scheduler="dpm")), 9, steps=4),
        "cogvideox picture": Case(
            "cogvideox", str(tiny("cogvideox", takes_image=True)), 9, places=(0,)
        ),
        "cogvideox video": Case(
            "cogvideox", str(tiny("cogvideox", scheduler="dpm")), 9, source=True, steps=4
        ),
        "mochi words": Case("mochi", str(tiny("mochi")), 7),
        "hunyuan words": Case("hunyuan", str(tiny("hunyuan")), 5, solver="unipc", unwanted=False),
        "hunyuan picture": Case(
            "hunyuan", str(tiny("hunyuan", image="token_replace")), 5, places=(0,), unwanted=False
        ),
        "hunyuan picture beside": Case(
            "hunyuan", str(tiny("hunyuan", image="latent_concat")), 5, places=(0,)
        ),
        "hunyuan15 words": Case("hunyuan15", str(tiny("hunyuan15")), 5, steps=2),
        "hunyuan15 picture": Case(
            "hunyuan15", str(tiny("hunyuan15", takes_image=True)), 5, places=(0,), steps=2
        ),
        "opensora words": Case("opensora", str(tiny("opensora")), 5, steps=12),
        "opensora first and last": Case("opensora", str(tiny("opensora")), 9, places=(0, -1)),
        "opensora extension": Case("opensora", str(tiny("opensora")), 37, steps=2, beginning=33),
        "any pipeline, words": Case("generic", str(tiny("generic", kind="skyreels")), 9),
        "any pipeline, picture": Case(
            "generic", str(tiny("generic", kind="skyreels-image")), 9, places=(0,)
        ),
        "any pipeline, drawing": Case("generic", str(tiny("generic", kind="allegro")), 25),
        "any pipeline, without words": Case(
            "generic", str(tiny("generic", kind="stable")), 6, places=(0,), unwanted=False
        ),
        "latte ddim": Case("latte", str(tiny("latte")), 6),
        "latte dpm++": Case("latte", str(tiny("latte")), 6, solver="dpm++", steps=4),
    }


@pytest.mark.proves(
    "wan ltx ltx2 cogvideox mochi hunyuan hunyuan15 opensora generic latte", "resume"
)
def test_another_process_goes_on_bit_for_bit(tiny_model: TinyModel, tmp_path: Path) -> None:
    folders = []
    for name, case in cases(tiny_model).items():
        folders.append(tmp_path / name.replace(" ", "-"))
        assert keep(case, folders[-1]) >= 3
    assert told_elsewhere(folders) == "done"
