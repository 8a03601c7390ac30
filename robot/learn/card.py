"""The model card: what the model is, from what and how it was made, what it is worth, and what it is not for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robot.learn.settings import TrainSettings
from robot.learn.stage import hardware, read_manifest, versions

_LIMITS = """\
- **Not a medical device.** No clinician has reviewed the passages that it learned from, nor its answers.
- It knows nothing: it says what the evidence in its prompt says. Without evidence that fits it is meant to decline.
- It must run behind the robot's guard and red-flag screen; on its own it is not safe to speak to a patient.
- English and Chinese, on diet, exercise and sleep. Its questions came from a grammar, not from patients.
"""


def write_card(
    path: Path, settings: TrainSettings, stages: Mapping[str, Path], judgements: Mapping[str, Mapping[str, Any]]
) -> None:
    """The card as Markdown. `stages` are folders of finished stages; each of `judgements` gets a column a language."""
    manifests = {name: read_manifest(folder) for name, folder in stages.items()}
    corpus = manifests["corpus"]["report"]
    machine, libraries = hardware(), versions()
    seconds = sum(manifest["seconds"] for manifest in manifests.values())
    trained = manifests["finetune"]["report"]
    made = (
        f"{settings.base}, fine-tuned with LoRA"
        if settings.base
        else "a Llama from scratch, pre-trained and fine-tuned"
    )
    times = ", ".join(f"{name} {manifest['seconds']:.0f} s" for name, manifest in manifests.items())
    lines = [
        f"# {settings.name}",
        "",
        "A small language model for the hospital robot Bedside: it answers a patient's question from the evidence",
        f"in its prompt. {trained['parameters'] / 1e6:.1f} million parameters; {made}. Licence: Apache-2.0.",
        "",
        "## How it was made",
        "",
        f"- command: `bedside train` with the settings named `{settings.name}`, seed {settings.seed}",
        f"- machine: {machine['processor']}, {machine['threads']} threads, GPU: {machine['gpu'] or 'none'}",
        f"- time: {seconds / 60:.0f} minutes ({times}); of a stage that was resumed, since it was started last",
        f"- date: {time.strftime('%Y-%m-%d', time.gmtime())}",
        f"- with {', '.join(f'{name} {number}' for name, number in libraries.items())}",
        f"- {trained['turns_seen']} turns in {trained['steps']} steps of fine-tuning",
        "",
        "## Data",
        "",
        *(f"- {key}: {_counted(count)}" for key, count in corpus["counts"].items()),
        *(f"- imported: {each['file']} ({each['licence']})" for each in corpus["imports"]),
        *(f"- absent, so not learned from: {name}" for name in corpus["imports_absent"]),
        f"- SHA-256 of the corpus: `{manifests['corpus']['outputs']['records.jsonl']}`",
        "",
        "## What it is worth",
        "",
        "Greedy answers to held-out turns (new wordings, and passages that were never learned), without the guard. The",
        "same figures come from `bedside evaluate gpt`; `robot/evaluate/replies.py` says what each means.",
        "",
        *_table(judgements),
        "",
        "## Limits",
        "",
        _LIMITS,
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _counted(count: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(count.items()))


def _table(judgements: Mapping[str, Mapping[str, Any]]) -> list[str]:
    columns = [(name, language) for name in judgements for language in ("en", "zh")]
    heads = [f"{name}, {language}" for name, language in columns]
    lines = [f"| measure | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    first = next(iter(judgements.values()))
    lines += [
        _row(measure, [judgements[name][language][measure] for name, language in columns])
        for measure in first["overall"]
    ]
    for split in ("test_wording", "test_passage"):
        values = [judgements[name].get("perplexity", {}).get(language, {}).get(split) for name, language in columns]
        lines.append(_row(f"perplexity, {split}", values))
    return lines


def _row(name: str, values: list[Any]) -> str:
    shown = ("–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value) for value in values)
    return f"| {name} | {' | '.join(shown)} |"
