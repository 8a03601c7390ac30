"""`bedside evaluate gpt`: a language model on held-out turns, beside its untuned copy and the passage as written.

The same judgement decides in `bedside train` which export is accepted, stands in the model's card, and comes out again
from this command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dialogs import loader
from dialogs.loader import Dialogs
from dialogs.never import load_never
from dialogs.training import load_training
from robot.errors import ModelError
from robot.evaluate.gpt_model import GptModel
from robot.evaluate.replies import ReplyJudge
from robot.events import Language, Rung
from robot.learn.corpus import CorpusMaker
from robot.learn.progress import Progress
from robot.learn.record import Record, Split, read_records
from robot.learn.settings import EvaluateSettings
from robot.think.generators.model_folder import find_model

if TYPE_CHECKING:
    from rich.console import Console

HELD_OUT: tuple[Split, ...] = ("test_wording", "test_passage")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_NOT_ANSWERED = frozenset({"unanswerable", "refusal"})

Judgement = dict[str, Any]
"""`overall` and by language the `Scores` of the answers; `perplexity` by language and split."""


def held_out(dialogs: Dialogs, count: int = 16_000, seed: int = 7) -> list[Record]:
    """The turns among `count` of our own that no model has learned from: their split depends on their text alone.

    Imported files take no part, so that everybody gets the same turns from the same dialogs.
    """
    return [record for record in CorpusMaker(dialogs).records(count, seed) if record.split in HELD_OUT]


def evaluate_gpt(
    model: str, dialogs: Path | None, data: Path | None, out: Path | None, emit: Callable[[Mapping[str, Any]], None]
) -> int:
    """Judge `model` (a folder or a name) beside the passage as written, emit both, return the exit status.

    It is 1 when a figure that is not in the evidence passed the guard. Raises ModelError, InputError, ContentError.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    content, wanted = loader.load(dialogs or loader.HERE), EvaluateSettings()
    folder = Path(find_model(model))
    if not folder.is_dir():
        raise ModelError("model_missing", f"There is no model '{model}'.", "Give --model a folder of a saved model.")
    records = list(read_records(data)) if data else held_out(content, wanted.records)
    judge = Judge(records, content, answers=wanted.answers, texts=wanted.texts, max_tokens=wanted.max_tokens)
    with Progress(console, "answers") as progress:
        judged = judge.model(folder, out, progress=progress.step)
    judgements = {"passage": judge.passage_as_written(), "model": judged}
    print_judgements(judgements, console)
    emit(judgements)
    true = judged["overall"]["figures_guarded"]
    return 0 if true is None or true == 1.0 else 1


class Judge:
    """Scores models on the held-out turns among `records`.

    `answers` of them are answered and `texts` read for the perplexity, as evenly as they come from languages, splits,
    and what is answered or not.
    """

    def __init__(
        self,
        records: Sequence[Record],
        dialogs: Dialogs,
        *,
        answers: int,
        texts: int,
        max_tokens: int,
        copying: float | None = None,
    ) -> None:
        self.copying = copying
        """The bonus for copying with which models are judged; None: each with its own."""
        self._persona = dialogs.persona
        forms = {language: each.answers for language, each in load_training(dialogs.folder / "training").items()}
        never = load_never(dialogs.folder / "never.yaml")
        self._units = never.units
        self._replies = ReplyJudge(never, forms)
        records = [record for record in records if record.split in HELD_OUT]
        self._asked = _evenly(records, answers)
        self._texts = _evenly(records, texts)
        self._max_tokens = max_tokens

    def model(
        self,
        folder: Path,
        out: Path | None = None,
        *,
        change: Callable[[Any], Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Judgement:
        """What the model in `folder` is worth, as `change` makes it; `out` gets `judgement.json` and `answers.jsonl`.

        Raises ModelError when the model does not load.
        """
        model = GptModel(folder, self._persona, self._units, change=change, copying=self.copying)
        replies = model.replies(self._asked, self._max_tokens, progress)
        judgement = self._scored(replies, "gpt")
        judgement["perplexity"] = {
            language: {
                split: model.perplexity(_those(self._texts, language, split))
                for split in HELD_OUT
                if _those(self._texts, language, split)
            }
            for language in LANGUAGES
        }
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / "judgement.json").write_text(json.dumps(judgement, indent=1) + "\n", encoding="utf-8")
            (out / "answers.jsonl").write_text("".join(self._lines(replies)), encoding="utf-8")
        return judgement

    def passage_as_written(self) -> Judgement:
        """What the rung below is worth: it reads the best passage aloud, whatever was asked."""
        return self._scored([record.evidence[0] if record.evidence else "" for record in self._asked], "passage")

    def _scored(self, replies: Sequence[str], rung: Rung) -> Judgement:
        judgement: Judgement = {"overall": asdict(self._replies.scores(self._asked, replies, rung))}
        for language in LANGUAGES:
            own = [index for index, record in enumerate(self._asked) if record.language == language]
            scores = self._replies.scores([self._asked[at] for at in own], [replies[at] for at in own], rung)
            judgement[language] = asdict(scores)
        return judgement

    def _lines(self, replies: Sequence[str]) -> list[str]:
        return [
            json.dumps({**asdict(record), "reply": reply}, ensure_ascii=False) + "\n"
            for record, reply in zip(self._asked, replies, strict=True)
        ]


def mean_perplexity(judgement: Judgement) -> float | None:
    """The mean over languages and splits."""
    values = [value for each in judgement["perplexity"].values() for value in each.values() if value is not None]
    return sum(values) / len(values) if values else None


def print_judgements(judgements: dict[str, Judgement], console: Console) -> None:
    """The measures side by side, a column a candidate and language."""
    from rich.table import Table

    table = Table("measure")
    columns = [(name, language) for name in judgements for language in LANGUAGES]
    for name, language in columns:
        table.add_column(f"{name}\n{language}", justify="right")
    first = next(iter(judgements.values()))
    for measure in first["overall"]:
        table.add_row(measure, *(_shown(judgements[name][language][measure]) for name, language in columns))
    for split in HELD_OUT:
        found = [judgements[name].get("perplexity", {}).get(language, {}).get(split) for name, language in columns]
        table.add_row(f"perplexity, {split}", *map(_shown, found))
    console.print(table)


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _those(records: Sequence[Record], language: Language, split: Split) -> list[Record]:
    return [record for record in records if record.language == language and record.split == split]


def _evenly(records: Sequence[Record], most: int) -> list[Record]:
    """At most `most` records, as evenly as they come from languages, splits, and what is answered or not."""
    groups: dict[tuple[str, str, bool], list[int]] = {}
    for place, record in enumerate(records):
        groups.setdefault((record.language, record.split, record.kind in _NOT_ANSWERED), []).append(place)
    chosen: list[int] = []
    for left, group in zip(range(len(groups), 0, -1), sorted(groups.values(), key=len), strict=True):
        chosen += group[: (most - len(chosen)) // left]
    return [records[place] for place in sorted(chosen)]
