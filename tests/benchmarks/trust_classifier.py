"""What judging a prompt costs: rules alone, and with a classifier of DeBERTa's base size.

The classifier has random weights and a vocabulary of its own: its answers mean nothing, its time
is that of a real one.  Prompts are those of the red-team set, joined until they are as long as
long prompts are.

    nice -n 5 python -m tests.benchmarks trust_classifier
"""

from __future__ import annotations

import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from engine.trust.checkpoints import CALIBRATION, assess_text
from engine.trust.policy import default_policy
from tests.benchmarks._table import row
from tests.red_team.prompts import benign_prompts, harmful_prompts

_VOCABULARY = 128_100
_PROMPTS = 60
_LONG = 60
"""Words of the long prompts."""


def checkpoint(folder: Path) -> str:
    """A classifier of DebertaV2's base size (184 million weights) in a folder."""
    import transformers

    with warnings.catch_warnings(action="ignore"):
        config = transformers.DebertaV2Config(
            vocab_size=_VOCABULARY,
            hidden_size=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            intermediate_size=3072,
            relative_attention=True,
            position_buckets=256,
            norm_rel_ebd="layer_norm",
            share_att_key=True,
            pos_att_type=["p2c", "c2p"],
            max_relative_positions=-1,
            position_biased_input=False,
            type_vocab_size=0,
        )
        transformers.DebertaV2ForSequenceClassification(config).save_pretrained(folder)
        letters = "abcdefghijklmnopqrstuvwxyz0123456789.,'-"
        pieces = [("[PAD]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[UNK]", 0.0), ("▁", -2.0)]
        words = {word for text in _texts() for word in text.split()}
        pieces += [(f"▁{word.lower()}", -8.0) for word in sorted(words)]
        pieces += [(letter, -10.0) for letter in letters]
        transformers.DebertaV2Tokenizer(vocab=pieces, unk_id=3).save_pretrained(folder)
    calibration = {"unsafe": ["LABEL_1"], "threshold": 0.5, "measured_on": "nothing: random"}
    (folder / CALIBRATION).write_text(json.dumps(calibration))
    return str(folder / CALIBRATION)


def main() -> None:
    """Print the rows."""
    texts = _texts()
    policy = default_policy()
    policy.judge("warm")
    times = [_taken(lambda text=text: policy.judge(text), time.thread_time) for text in texts]
    row("rules alone, this thread's own time, p95", f"{_p95(times):.2f} ms", "<= 2 ms")
    texts = texts[:: len(texts) // _PROMPTS][:_PROMPTS]
    with tempfile.TemporaryDirectory() as folder:
        path = checkpoint(Path(folder))
        assess_text(path, "warm")
        times = [_taken(lambda text=text: assess_text(path, text)) for text in texts]
        row("base-size classifier, as written, p95", f"{_p95(times):.0f} ms", "<= 500 ms")
        long = [_as_long(text) for text in texts]
        times = [_taken(lambda text=text: assess_text(path, text)) for text in long]
        row(f"base-size classifier, {_LONG} words, p95", f"{_p95(times):.0f} ms", "<= 500 ms")


def _texts() -> list[str]:
    return [str(each.fields[0][1]) for each in (*harmful_prompts(), *benign_prompts())]


def _as_long(text: str) -> str:
    words = text.split()
    return " ".join((words * _LONG)[:_LONG])


def _taken(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    begin = clock()
    work()
    return 1e3 * (clock() - begin)


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
