"""Smaller and faster forms of a model, each accepted only if what it answers is not worse than before."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from robot.evaluate.gpt import Judge, Judgement, mean_perplexity
from robot.learn.model import load_model, load_tokenizer, save_model
from robot.learn.settings import OptimiseSettings
from robot.learn.stage import write_json
from robot.think.generators.copying import KEY as COPYING
from robot.think.generators.linear import replace_linears
from robot.think.generators.loading import load
from robot.think.generators.model import ACCEPTED
from robot.think.generators.openvino_graph import llama_graph

MEASURES = ("figure_fidelity", "figures_guarded", "grounded", "answered", "declined")
"""What must not fall."""

OPENVINO = "openvino"
_LOGITS = 0.05

EXPORTS = "exports.json"
"""In the model's folder: which forms were accepted, and what the others lost."""


def optimise(
    model: Path, reference: Judgement, judge: Judge, settings: OptimiseSettings, out: Path
) -> tuple[Judgement, dict[str, Any]]:
    """Write the model to `out` in the forms that were accepted: its judgement there, and what came of each form.

    bf16      the weights in 16 bits: half the file
    int8      the engine's quantization of the linear layers, done when a model is loaded: no file of its own; where it
              is accepted the model's configuration says so to the engine
    openvino  in a folder of its own, which is not deployed; left out where the package is not installed
    """
    tokenizer, weights = load_tokenizer(model), rounded(load_model(model))
    if judge.copying is not None:
        setattr(weights.config, COPYING, judge.copying)
    save_model(weights, tokenizer, out)
    forms, judgement = {}, judge.model(out)
    forms["bf16"] = verdict(reference, judgement, settings)
    if not forms["bf16"]["accepted"]:
        judgement, weights = reference, load_model(model)
        if judge.copying is not None:
            setattr(weights.config, COPYING, judge.copying)
        save_model(weights, tokenizer, out)
    fewer_bits = judge.model(out, change=quantized)
    forms["int8"] = verdict(reference, fewer_bits, settings)
    if forms["int8"]["accepted"]:
        judgement = fewer_bits
    setattr(weights.config, ACCEPTED, "int8" if forms["int8"]["accepted"] else "fp32")
    save_model(weights, tokenizer, out)
    forms["openvino"] = openvino(out, out / OPENVINO)
    write_json(out / EXPORTS, forms)
    return judgement, forms


def verdict(reference: Judgement, candidate: Judgement, settings: OptimiseSettings) -> dict[str, Any]:
    """Whether `candidate` may stand in for `reference`, and if not why: `{"accepted", "worse": {measure: loss}, …}`."""
    worse: dict[str, float] = {}
    for measure in MEASURES:
        before, after = reference["overall"][measure], candidate["overall"][measure]
        if before is not None and (after is None or after < before - settings.tolerance):
            worse[measure] = round(before - (after or 0.0), 4)
    before, after = mean_perplexity(reference), mean_perplexity(candidate)
    if before is not None and after is not None and after > before * (1 + settings.perplexity):
        worse["perplexity"] = round(after / before - 1, 4)
    return {"accepted": not worse, "worse": worse, "overall": candidate["overall"], "perplexity": after}


def rounded(model: Any) -> Any:
    """The model with its weights in bfloat16, in place."""
    import torch

    return model.to(torch.bfloat16)


def quantized(model: Any) -> Any:
    """The model with the int8 layers that the engine puts in, in place."""
    replace_linears(model, "int8")
    return model


def openvino(model: Path, out: Path) -> dict[str, Any]:
    """Leave `openvino.xml` and its 16-bit weights in `out`, where the package is installed and the model is a Llama.

    The graph is the one of the engine `openvino`, which makes it by itself; the file is for other runtimes. It is
    accepted when no logit of a probe is further than `_LOGITS` from the model's own.
    """
    if find_spec("openvino") is None:
        return {"accepted": False, "skipped": "openvino is not installed"}
    import numpy as np
    import openvino as ov
    import torch

    parts = load(str(model)).llama
    if parts is None:
        return {"accepted": False, "skipped": "no Llama"}
    out.mkdir(exist_ok=True)
    ov.save_model(llama_graph(parts, "fp32"), out / "openvino.xml")
    network = load_model(model).eval()
    probe = np.random.default_rng(0).integers(0, network.config.vocab_size, 64)
    with torch.inference_mode():
        expected = network(torch.from_numpy(probe)[None]).logits[0, -1].numpy()
    compiled = ov.Core().compile_model(out / "openvino.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    difference = float(np.abs(compiled({"ids": probe})[0][0] - expected).max())
    return {"accepted": difference <= _LOGITS, "largest_logit_difference": round(difference, 5)}
