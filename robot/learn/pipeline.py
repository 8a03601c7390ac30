"""How the embedded GPT is made: `bedside train`, stage by stage.

    corpus → tokenizer → pretrain → finetune → evaluate → optimise → deploy

Each stage has its folder in the run's folder; see `stage` for what makes it run, resume or stay as it is. With a `base`
the tokenizer is the base's, nothing is pre-trained, and fine-tuning trains LoRA adapters.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dialogs import loader
from dialogs.loader import Dialogs
from robot.evaluate.gpt import Judge, Judgement, held_out, print_judgements
from robot.learn.card import write_card
from robot.learn.corpus import CorpusMaker
from robot.learn.curve import draw_curve
from robot.learn.deploy import publish, write_sums
from robot.learn.examples import LANGUAGES, Examples, encode_records, texts_of
from robot.learn.fit import LOSSES, fit
from robot.learn.imports import ImportedFile, read_imports
from robot.learn.model import load_model, load_tokenizer, new_model, save_model, with_adapters
from robot.learn.optimise import OPENVINO, optimise
from robot.learn.progress import Progress
from robot.learn.record import Record, Split, read_records
from robot.learn.settings import FitSettings, TrainSettings, as_json
from robot.learn.stage import OF_THE_STAGE, Report, Run, read_manifest, write_json
from robot.learn.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from rich.console import Console

RECORDS = "records.jsonl"
CURVE = "loss.svg"
JUDGEMENTS = "judgements.json"
_VALIDATION = 400


def train(settings: TrainSettings, folder: Path, console: Console) -> Path:
    """Run the pipeline into `folder`; the folder of the deployed model. Raises BedsideError, ContentError."""
    return _Pipeline(settings, folder, console).run()


class _Pipeline:
    """The stages of one run, with what they share."""

    def __init__(self, settings: TrainSettings, folder: Path, console: Console) -> None:
        import torch

        if settings.threads:
            torch.set_num_threads(settings.threads)
        self._settings = settings
        self._console = console
        self._dialogs: Dialogs = loader.load(settings.corpus.dialogs or loader.HERE)
        self._run = Run(folder, settings.seed, console.print)

    def run(self) -> Path:
        """All stages, in order."""
        settings = self._settings
        corpus = self._run.stage("corpus", as_json(settings.corpus), self._sources(), self._corpus) / RECORDS
        if settings.base is None:
            config = {**as_json(settings.tokenizer), "window": settings.model.window}
            words = self._run.stage("tokenizer", config, {"corpus": corpus}, lambda out: self._tokenizer(corpus, out))
            config = {"fit": as_json(settings.pretrain), "model": as_json(settings.model)}
            inputs = {"corpus": corpus, "tokenizer": words}
            untuned = self._run.stage("pretrain", config, inputs, lambda out: self._pretrain(corpus, words, out))
            config, inputs = {"fit": as_json(settings.finetune)}, {"corpus": corpus, "model": untuned}
        else:
            untuned = Path(settings.base)
            config = {"fit": as_json(settings.finetune), "lora": as_json(settings.lora), "base": settings.base}
            inputs = {"corpus": corpus} | ({"base": untuned} if untuned.is_dir() else {})
        tuned = self._run.stage("finetune", config, inputs, lambda out: self._finetune(corpus, untuned, out))
        return self._finish(corpus.parent, untuned, tuned)

    def _finish(self, corpus: Path, untuned: Path, tuned: Path) -> Path:
        """What comes after training: is it good, can it be smaller, may it go out."""
        settings = self._settings
        config, inputs = as_json(settings.evaluate), {"model": tuned, **self._sources()}
        if untuned.is_dir():
            inputs["untuned"] = untuned
        judged = self._run.stage("evaluate", config, inputs, lambda out: self._evaluate(untuned, tuned, out))
        config = {"optimise": as_json(settings.optimise), "evaluate": as_json(settings.evaluate)}
        inputs = {"model": tuned, "judged": judged}
        small = self._run.stage("optimise", config, inputs, lambda out: self._optimise(tuned, judged, out))
        stages = {"corpus": corpus, "pretrain": untuned, "finetune": tuned, "evaluate": judged, "optimise": small}
        stages = {name: folder for name, folder in stages.items() if read_manifest(folder)}
        ready = self._run.stage("deploy", {}, {"model": small, "judged": judged}, lambda out: self._deploy(stages, out))
        target = settings.deploy.folder
        if target is None:
            return ready
        publish(ready, read_judgements(ready / JUDGEMENTS)["tuned"], lambda: self._judge, target)
        return target

    @cached_property
    def _judge(self) -> Judge:
        wanted = self._settings.evaluate
        self._console.print("writing held-out turns …")
        records = held_out(self._dialogs, wanted.records)
        return Judge(
            records,
            self._dialogs,
            answers=wanted.answers,
            texts=wanted.texts,
            max_tokens=wanted.max_tokens,
            copying=wanted.copying,
        )

    def _evaluate(self, untuned: Path, tuned: Path, out: Path) -> Report:
        judgements = {"passage": self._judge.passage_as_written()}
        for name, folder in {"untuned": untuned, "tuned": tuned}.items():
            with Progress(self._console, f"evaluate {name}") as progress:
                judgements[name] = self._judge.model(folder, out / name, progress=progress.step)
        print_judgements(judgements, self._console)
        write_json(out / JUDGEMENTS, judgements)
        return {name: judgement["overall"] for name, judgement in judgements.items()}

    def _optimise(self, tuned: Path, judged: Path, out: Path) -> Report:
        judgements = read_judgements(judged / JUDGEMENTS)
        judgements["tuned"], forms = optimise(tuned, judgements["tuned"], self._judge, self._settings.optimise, out)
        write_json(out / JUDGEMENTS, judgements)
        return forms

    def _deploy(self, stages: Mapping[str, Path], out: Path) -> Report:
        small = stages["optimise"]
        shutil.copytree(small, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OF_THE_STAGE, OPENVINO))
        write_card(out / "README.md", self._settings, stages, read_judgements(small / JUDGEMENTS))
        write_sums(out)
        return {}

    def _sources(self) -> Mapping[str, Path]:
        """The files that the corpus is made from."""
        folder = self._dialogs.folder
        files = [
            folder / "persona.yaml",
            *sorted(folder.glob("knowledge/*.yaml")),
            *sorted(folder.glob("training/*.yaml")),
        ]
        own = {path.relative_to(folder).as_posix(): path for path in files}
        return own | {each.path.name: each.path for each in self._settings.corpus.imports if each.path.exists()}

    def _corpus(self, out: Path) -> Report:
        wanted = self._settings.corpus
        there = [each for each in wanted.imports if each.path.exists() or not each.optional]
        cleaned = read_imports([ImportedFile(each.path, each.licence) for each in there])
        counts: dict[str, Counter[str]] = {key: Counter() for key in ("split", "language", "kind", "licence")}
        with Progress(self._console, "corpus") as progress, (out / RECORDS).open("w", encoding="utf-8") as file:
            records = CorpusMaker(self._dialogs, cleaned.kept).records(wanted.records, self._settings.seed)
            for number, record in enumerate(records, start=1):
                file.write(record.to_json() + "\n")
                for key, count in counts.items():
                    count[getattr(record, key)] += 1
                if number % 500 == 0:
                    progress.step(number, wanted.records)
        return {
            "counts": {key: dict(count) for key, count in counts.items()},
            "imports": [{"file": each.path.name, "licence": each.licence} for each in there],
            "imports_absent": [each.path.name for each in wanted.imports if each not in there],
            "cleaned": cleaned.counts(),
        }

    def _tokenizer(self, corpus: Path, out: Path) -> Report:
        wanted, texts = self._settings.tokenizer, []
        for language in LANGUAGES:
            own = (record for record in _of(corpus, "train") if record.language == language)
            texts += ["".join(texts_of(record)) for record in islice(own, wanted.per_language)]
        persona = self._dialogs.persona.system
        size = train_tokenizer(
            [*texts, persona.en, persona.zh], out, vocabulary=wanted.vocabulary, window=self._settings.model.window
        )
        return {"vocabulary": size, "texts": len(texts)}

    def _pretrain(self, corpus: Path, words: Path, out: Path) -> Report:
        tokenizer = load_tokenizer(words)
        model = new_model(self._settings.model, tokenizer, self._settings.seed)
        return self._fit(model, tokenizer, corpus, self._settings.pretrain, out, answer_only=False)

    def _finetune(self, corpus: Path, untuned: Path, out: Path) -> Report:
        tokenizer, model, settings = load_tokenizer(untuned), load_model(untuned), self._settings.finetune
        if self._settings.base is not None:
            model = with_adapters(model, self._settings.lora, self._settings.seed)
            settings = settings.model_copy(update={"optimizer": "adamw"})  # adapters have few directions to balance
        return self._fit(model, tokenizer, corpus, settings, out, answer_only=True)

    def _fit(
        self, model: Any, tokenizer: Any, corpus: Path, settings: FitSettings, out: Path, *, answer_only: bool
    ) -> Report:
        with Progress(self._console, out.name) as progress:
            report = fit(
                model,
                self._examples(corpus, tokenizer, "train"),
                self._examples(corpus, tokenizer, "validation"),
                settings,
                out,
                answer_only=answer_only,
                seed=self._settings.seed + answer_only,  # another order of the same turns
                progress=progress,
            )
        save_model(model, tokenizer, out)
        losses = json.loads((out / LOSSES).read_text(encoding="utf-8"))
        draw_curve(losses["train"], losses["validation"], f"{self._settings.name}: {out.name}", out / CURVE)
        return {**report, "parameters": sum(each.numel() for each in model.parameters())}

    def _examples(self, corpus: Path, tokenizer: Any, split: Split) -> Examples:
        records = _of(corpus, split)
        chosen = records if split == "train" else islice(records, _VALIDATION)
        return encode_records(chosen, self._dialogs.persona, tokenizer, self._settings.model.window)


def _of(corpus: Path, split: Split) -> Iterator[Record]:
    return (record for record in read_records(corpus) if record.split == split)


def read_judgements(path: Path) -> dict[str, Judgement]:
    """What `evaluate` and `optimise` left: the judgements of the passage, the untuned and the tuned model."""
    judgements: dict[str, Judgement] = json.loads(path.read_text(encoding="utf-8"))
    return judgements
