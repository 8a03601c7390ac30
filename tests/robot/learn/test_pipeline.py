"""`bedside train` as a whole, as configs/train-smoke.yaml has it: every stage, nothing twice, killed and resumed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dialogs.yaml_file import ContentError
from robot.evaluate.gpt import evaluate_gpt
from robot.learn.command import train as train_command
from robot.learn.pipeline import train
from robot.learn.settings import DeploySettings, EvaluateSettings, TrainSettings, load_settings
from robot.learn.stage import CHECKPOINT, read_manifest
from robot.think.generators.model_folder import SUMS, verify
from tests.tiny_model import save_tiny_model

CONFIGS = Path(__file__).parents[3] / "configs"
SMOKE = load_settings(CONFIGS / "train-smoke.yaml")
pytestmark = pytest.mark.timeout(300)  # it imports everything heavy there is, twice

STAGES = ["corpus", "tokenizer", "pretrain", "finetune", "evaluate", "optimise", "deploy"]


def run(settings: TrainSettings, folder: Path) -> str:
    """What the pipeline printed."""
    said = StringIO()
    train(settings, folder, Console(file=said, width=100))
    return said.getvalue()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("runs") / "smoke"
    said = run(SMOKE, folder)
    assert [line.partition(":")[0] for line in said.splitlines() if ": done in" in line] == STAGES
    return folder


def test_every_stage_leaves_a_manifest(finished: Path) -> None:
    for name in STAGES:
        manifest = read_manifest(finished / name)
        assert manifest["stage"] == name and manifest["seed"] == SMOKE.seed and manifest["seconds"] >= 0
        assert manifest["inputs"] and all(len(each) == 64 for each in manifest["inputs"].values())
        assert manifest["outputs"] and manifest["versions"]["torch"] and manifest["hardware"]["cores"]
        assert not (finished / name / CHECKPOINT).exists()
    corpus = read_manifest(finished / "corpus")["report"]
    assert sum(corpus["counts"]["split"].values()) == SMOKE.corpus.records
    assert set(corpus["counts"]["licence"]) == {"own"}
    assert (finished / "pretrain" / "loss.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_training_makes_the_loss_smaller(finished: Path) -> None:
    losses = json.loads((finished / "pretrain" / "losses.json").read_text(encoding="utf-8"))
    assert len(losses["train"]) == SMOKE.pretrain.steps
    assert losses["train"][-1] < losses["train"][0] - 0.2
    assert [step for step, _ in losses["validation"]] == [6, 12]


def test_what_is_unchanged_is_not_run_again(finished: Path) -> None:
    assert run(SMOKE, finished).count("unchanged") == len(STAGES)


def test_the_model_is_whole_and_comes_out_of_the_evaluation_again(finished: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = finished / "deploy"
    verify(folder)
    assert "SHA-256 of the corpus" in (folder / "README.md").read_text(encoding="utf-8")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert model.config.eos_token_id == tokenizer.eos_token_id == model.generation_config.eos_token_id
    found: list[Any] = []
    data = finished / "corpus" / "records.jsonl"
    assert evaluate_gpt(str(folder), None, data, tmp_path, found.append) == 0
    assert found[0]["model"]["overall"]["answers"] == len((tmp_path / "answers.jsonl").read_text().splitlines()) > 0
    assert found[0]["passage"]["overall"]["figures_true"] == 1.0


_KILLED = """
import os, signal, sys
from pathlib import Path
from rich.console import Console
from robot.learn import pipeline, progress
from robot.learn.settings import load_settings

def step(self, done, total, loss=None):
    if self._name == "pretrain" and done == 7:
        os.kill(os.getpid(), signal.SIGKILL)

progress.Progress.step = step
pipeline.train(load_settings(Path(sys.argv[1])), Path(sys.argv[2]), Console())
"""


def test_killed_in_mid_training_it_ends_with_the_same_weights(finished: Path, tmp_path: Path) -> None:
    for name in ("corpus", "tokenizer"):
        shutil.copytree(finished / name, tmp_path / name)
    arguments = [sys.executable, "-c", _KILLED, str(CONFIGS / "train-smoke.yaml"), str(tmp_path)]
    killed = subprocess.run(arguments, cwd=CONFIGS.parent, capture_output=True, timeout=100, check=False)
    assert killed.returncode == -9 and (tmp_path / "pretrain" / CHECKPOINT).exists()
    run(SMOKE, tmp_path)
    assert read_manifest(tmp_path / "pretrain")["report"]["resumed_at_step"] == 6
    for stage in ("pretrain", "finetune"):
        for name in ("model.safetensors", "losses.json"):
            assert (tmp_path / stage / name).read_bytes() == (finished / stage / name).read_bytes(), f"{stage}/{name}"


def test_a_larger_base_is_tuned_with_adapters(finished: Path, tmp_path: Path) -> None:
    from robot.learn.model import load_model

    base = save_tiny_model(tmp_path / "base", window=2048)
    shutil.copytree(finished / "corpus", tmp_path / "run" / "corpus")
    few = SMOKE.finetune.model_copy(update={"steps": 3})
    target = tmp_path / "deployed"
    deploy = DeploySettings(folder=target)
    said = run(SMOKE.model_copy(update={"base": str(base), "finetune": few, "deploy": deploy}), tmp_path / "run")
    assert "pretrain" not in said and "tokenizer" not in said
    before, after = load_model(base).state_dict(), load_model(target).state_dict()
    assert before.keys() == after.keys()
    changed = {name for name in before if not before[name].bfloat16().equal(after[name].bfloat16())}
    assert changed and all("attn" in name or "mlp" in name for name in changed), "only what has adapters"
    assert (target / SUMS).is_file()


def test_the_files_of_settings_load_and_agree_with_the_evaluation_command() -> None:
    full = load_settings(CONFIGS / "train.yaml")
    assert full.evaluate == EvaluateSettings()
    assert full.model.hidden % full.model.heads == 0
    assert [each.optional for each in full.corpus.imports] == [True]


def test_wrong_settings_are_one_error_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text("name: mine\npretrain: {stepps: 5}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"train\.yaml:2: pretrain\.stepps: unknown key"):
        train_command([path], tmp_path)
