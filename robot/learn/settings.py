"""What `bedside train` is told: `configs/train.yaml` as types. An unknown key fails with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from dialogs.yaml_file import Strict, read


class Import(Strict):
    """A file of questions and answers from elsewhere, and the licence it is under."""

    path: Path
    licence: str
    optional: bool = False
    """True: where the file is absent the corpus is made without it, and the manifest says so."""


class CorpusSettings(Strict):
    """Conversations are made from `dialogs/` (or the folder `dialogs`), `records` of them, and from the imports."""

    records: PositiveInt = 60_000
    dialogs: Path | None = None
    imports: list[Import] = Field(default_factory=list)


class TokenizerSettings(Strict):
    """`per_language`: records of each language that the vocabulary is learned from."""

    vocabulary: int = Field(default=6144, ge=300, le=65_536)
    per_language: PositiveInt = 20_000


class ModelSettings(Strict):
    """The shape of a Llama; input and output embeddings are tied.

    groups   of heads that share keys and values: fewer make a smaller memory of what was read
    theta    base of the rotary positions; the larger, the more of them are slow enough to compare what stands far apart
    """

    hidden: PositiveInt = 384
    layers: PositiveInt = 6
    heads: PositiveInt = 6
    groups: PositiveInt = 2
    theta: PositiveFloat = 100_000.0
    intermediate: PositiveInt = 1024
    window: PositiveInt = 1024

    @model_validator(mode="after")
    def _fits(self) -> ModelSettings:
        if self.hidden % self.heads or self.heads % self.groups:
            raise ValueError("`hidden` must be a multiple of `heads`, and `heads` one of `groups`")
        return self


class FitSettings(Strict):
    """One training stage. Its length is counted in steps, so that it ends the same on every machine.

    batch_tokens    tokens a step, padding included, the shared persona excluded
    learning_rate   of AdamW, at the peak; `matrix_learning_rate` is Muon's
    warmup, floor   shares: of the steps until the peak, and of the peak that is left at the end
    checkpoint_s    seconds between two checkpoints
    """

    steps: NonNegativeInt = 1000
    batch_tokens: PositiveInt = 2560
    optimizer: Literal["adamw", "muon"] = "muon"
    learning_rate: PositiveFloat = 3e-3
    matrix_learning_rate: PositiveFloat = 2e-2
    weight_decay: NonNegativeFloat = 0.05
    warmup: float = Field(default=0.05, ge=0, le=1)
    floor: float = Field(default=0.05, ge=0, le=1)
    clip: PositiveFloat = 1.0
    checkpoint_s: PositiveFloat = 60.0
    validate_every: PositiveInt = 100


class LoraSettings(Strict):
    """Adapters for a `base` that is too large to be trained whole."""

    rank: PositiveInt = 16
    alpha: PositiveInt = 32


class EvaluateSettings(Strict):
    """Of the held-out turns among `records`, `answers` are answered, and the perplexity of `texts` is measured.

    `copying` is the bonus for going on with a run of the evidence (`robot.think.generators.copying`), with which the
    model is judged and deployed. With the defaults the figures are those that `bedside evaluate gpt` finds.
    """

    records: PositiveInt = 16_000
    answers: PositiveInt = 160
    copying: NonNegativeFloat = 4.0
    texts: PositiveInt = 320
    max_tokens: PositiveInt = 96


class OptimiseSettings(Strict):
    """By how much a smaller copy may be worse: shares lost, and growth of the perplexity."""

    tolerance: NonNegativeFloat = 0.01
    perplexity: NonNegativeFloat = 0.01


class DeploySettings(Strict):
    """Where the finished model goes; default: the run's own folder."""

    folder: Path | None = None


class TrainSettings(Strict):
    """One run of the pipeline.

    base      folder or name of a causal model: it is fine-tuned with LoRA, and nothing is pre-trained
    threads   CPU threads; 0: as many as there are cores
    """

    name: str = Field(default="bedside-gpt", pattern=r"^[a-z0-9][a-z0-9._-]*$")
    seed: NonNegativeInt = 1
    threads: NonNegativeInt = 0
    base: str | None = None
    corpus: CorpusSettings = CorpusSettings()
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    pretrain: FitSettings = FitSettings()
    finetune: FitSettings = FitSettings()
    lora: LoraSettings = LoraSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    optimise: OptimiseSettings = OptimiseSettings()
    deploy: DeploySettings = DeploySettings()


def load_settings(path: Path) -> TrainSettings:
    """The settings in a YAML file. Raises ContentError naming file, line, key and value."""
    return read(path, TrainSettings)


def as_json(settings: Strict) -> Mapping[str, Any]:
    """Settings as they stand in a manifest."""
    data: Mapping[str, Any] = settings.model_dump(mode="json")
    return data
