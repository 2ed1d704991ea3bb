"""`python -m tests.red_team`: the prompt policy against the red-team set, as tables.

Four folds: what may be looked at while rules are written (`--list` shows what went wrong there),
the third held out of that, and two sets of free sentences written after the rules, which say most
about prompts that nobody thought of.  None of these three is ever listed.
"""

import argparse
from collections.abc import Sequence

from engine.trust.policy import default_policy
from tests.red_team import measure, prompts
from tests.red_team.measure import Verdict


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.red_team", description=__doc__)
    parser.add_argument("--fold", choices=prompts.FOLDS, action="append")
    parser.add_argument("--list", action="store_true", help="list what went wrong (seen only)")
    wanted = parser.parse_args()
    policy = default_policy()
    sets = {
        "harmful": measure.judge_all(policy, prompts.harmful_prompts()),
        "benign": measure.judge_all(policy, prompts.benign_prompts()),
        "benign, disguised": measure.judge_all(policy, prompts.disguised_benign_prompts()),
    }
    for fold in wanted.fold or prompts.FOLDS:
        print(f"\n== {fold} ==")
        _tables({name: _of(verdicts, fold) for name, verdicts in sets.items()})
    _latency([*sets["harmful"], *sets["benign"]])
    if wanted.list:
        for name, verdicts in sets.items():
            _mistakes(name, _of(verdicts, prompts.SEEN))


def _of(verdicts: Sequence[Verdict], fold: str) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.prompt.fold == fold]


def _tables(sets: dict[str, list[Verdict]]) -> None:
    harmful = sets["harmful"]
    print("harmful, blocked")
    for title, key in (
        ("category", lambda prompt: prompt.category),
        ("kind", lambda prompt: prompt.kind),
        ("language", lambda prompt: prompt.language),
    ):
        for value, verdicts in measure.by(harmful, key).items():
            print(f"  {title:8} {value:20} {measure.blocked(verdicts)}")
    print(f"  {'all':29} {measure.blocked(harmful)}")
    print(f"  {'for their own category':29} {measure.right_reason(harmful)}")
    print("benign, blocked")
    for value, verdicts in measure.by(sets["benign"], lambda prompt: prompt.category).items():
        print(f"  file     {value:20} {measure.blocked(verdicts)}")
    print(f"  {'all':29} {measure.blocked(sets['benign'])}")
    print(f"  {'all, in odd spelling':29} {measure.blocked(sets['benign, disguised'])}")


def _latency(verdicts: Sequence[Verdict]) -> None:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    times = (
        f"{name} {measure.percentile(verdicts, at) * 1e3:.2f} ms" for name, at in shares.items()
    )
    print(f"\ntime a prompt, this thread's own: {', '.join(times)}")


def _mistakes(name: str, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        if verdict.blocked is not verdict.prompt.harmful:
            prompt = verdict.prompt
            kind = prompt.disguise or prompt.kind
            print(f"{name}: {prompt.category}, {prompt.language}, {kind}: {dict(prompt.fields)}")


if __name__ == "__main__":
    main()
