"""How fast the language model is: ours and the library's plain `model.generate`, same weights and prompts, one run.

The measurements take turns, so that a busy moment of the machine hits both. Ours is timed where a conversation would
get its text, with threads and detokenizing; the library's is the bare call.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from hardware.clock import SystemClock
from robot.config import Config
from robot.evaluate.bench.figures import compare
from robot.evaluate.bench.memory import rss_kb
from robot.think.generators.answer_text import AnswerText
from robot.think.generators.batch import Batch, Job, Row
from robot.think.generators.kv_cache import TokenCache
from robot.think.generators.model import CausalModel
from robot.think.generators.model_folder import SHIPPED, find_model
from robot.think.generators.prompt_tokens import PromptTokens
from robot.think.generators.shelf import ModelShelf

DEFAULT_MODEL = "bedside-gpt"
_NEW = 50
"""Tokens of a later turn's prompt that were not in the one before."""


@dataclass(frozen=True)
class Size:
    """How much is measured: tokens of the prompt and of the answer, rounds, conversations at once."""

    prompt: int = 600
    answer: int = 48
    rounds: int = 7
    beds: int = 8


def bench_gpt(
    config: Config, console: Console, *, model: str | None = None, size: Size | None = None
) -> dict[str, Any]:
    """The figures of `bedside bench gpt`: medians over the rounds, in milliseconds, tokens a second and megabytes.

    model   folder or name; None: that of the configuration, else the one that ships, else random weights of its size.
    Other options (`precision`, `threads`, `chunk`) come from `config.generator.options`, and the engine (`transformers`
    or `openvino`) from `config.generator.engine`. Raises ModelError.
    """
    size = size or Size()
    options, kind = config.generator.options, _kind(config.generator.engine)
    with tempfile.TemporaryDirectory() as folder:
        chosen = model or options.get("model")
        if chosen is None and (SHIPPED / DEFAULT_MODEL).is_dir():
            chosen = DEFAULT_MODEL
        if chosen is None:
            console.print("No model ships yet: random weights of its size.")
            return _measured(save_random(Path(folder)), kind, options, console, size) | {"model": "random weights"}
        return _measured(str(chosen), kind, options, console, size) | {"model": str(chosen)}


def save_random(folder: Path, *, hidden: int = 320, layers: int = 6) -> str:
    """A Llama of the shipped model's size with random weights, and a tokenizer of bytes; the folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    words = ["<pad>", "<end>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    words += [f"<{number}>" for number in range(len(words), 6144)]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=hidden,
        intermediate_size=hidden * 27 // 10,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=hidden // 64,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


def _kind(engine: str) -> type[CausalModel]:
    if engine != "openvino":
        return CausalModel
    from robot.think.generators.openvino import OpenVinoModel

    return OpenVinoModel


def _measured(
    model: str, kind: type[CausalModel], options: dict[str, Any], console: Console, size: Size
) -> dict[str, Any]:
    import torch

    if threads := options.get("threads"):
        torch.set_num_threads(threads)
    torch.ones(8, 8) @ torch.ones(8, 8)
    before = rss_kb()
    shelf = ModelShelf()
    precision, chunk = options.get("precision", "auto"), options.get("chunk")
    batch = shelf.batch(model, precision, kind=kind, chunk=chunk, inline=False)
    try:
        SystemClock().run(_written(batch, batch.cache(), _prompt(batch, size.prompt, 0), size.answer))
        rss_mb = round((rss_kb() - before) / 1024, 1)
        loaded = batch.model
        console.print(
            f"{loaded.parameters / 1e6:.1f} M parameters, {loaded.precision}, {torch.get_num_threads()} threads"
        )
        figures = SystemClock().run(_rounds(batch, _library(model, size), size))
    finally:
        shelf.close()
    first, rate = figures["first_token_ms"], figures["tokens_per_s"]
    compare(console, "first token sooner than generate", first["generate"] / first["warm"], "×", 8, at_least=True)
    compare(console, "first token, later turns", first["warm"], "ms", 20)
    compare(console, "tokens a second against generate", rate["ours"] / rate["generate"], "×", 1.5, at_least=True)
    compare(console, "tokens a second", rate["ours"], "", 250, at_least=True)
    compare(console, "cancelling", figures["cancel_ms"], "ms", 20)
    compare(console, f"{size.beds} conversations against one", figures["batch8_speedup"], "×", 3, at_least=True)
    compare(console, "memory over torch itself", rss_mb, "MB", 150)
    return {**figures, "rss_mb": rss_mb, "precision": loaded.precision, "parameters": loaded.parameters}


# ---- ours ----


class _AnyText(AnswerText):
    """An answer of exactly `most` tokens, whatever they say; every token is told, so that it can be timed."""

    def push(self, token: int) -> str:
        self.tokens.append(token)
        self.done = len(self.tokens) >= self._most
        return self._visible(self._decoded()) or " "


def _prompt(batch: Batch, length: int, turn: int, bed: int = 0) -> PromptTokens:
    """The prompt of a turn: its last tokens are new, those before them are the bed's own and the same each turn."""
    count = batch.model.vocabulary - 2
    old = [(7919 * place + 104_729 * bed) % count + 2 for place in range(length - _NEW)]
    return PromptTokens(old + [(6151 * place + 31 * turn + bed) % count + 2 for place in range(1, _NEW + 1)], 0)


async def _written(batch: Batch, cache: TokenCache, prompt: PromptTokens, tokens: int) -> tuple[float, float]:
    """Seconds to the first token, and from the first to the last."""
    text = _AnyText(batch.model.tokenizer, (), (), tokens)
    begun = time.perf_counter()
    row = batch.add(Row(cache, lambda: Job(prompt, text)))
    first = last = 0.0
    while (event := await row.events.get()) is not None:
        if not isinstance(event, str):
            raise event
        last = time.perf_counter()
        first = first or last
    return first - begun, last - first


async def _cancelled(batch: Batch, prompt: PromptTokens, after_s: float) -> float:
    """Seconds until the model is free again after an answer was cancelled `after_s` seconds into its prompt."""
    row = batch.add(Row(batch.cache(), lambda: Job(prompt, _AnyText(batch.model.tokenizer, (), (), 1000))))
    await asyncio.sleep(after_s)
    begun = time.perf_counter()
    row.cancelled = True
    await batch.settled()
    return time.perf_counter() - begun


async def _throughput(batch: Batch, caches: Sequence[TokenCache], size: Size) -> float:
    """Tokens a second of all conversations together, their prompts (of a usual turn: half as long) read."""
    prompts = [_prompt(batch, max(size.prompt // 2, _NEW), 0, bed) for bed in range(len(caches))]
    for cache, prompt in zip(caches, prompts, strict=True):
        await _written(batch, cache, prompt, 1)
    begun = time.perf_counter()
    await asyncio.gather(
        *(_written(batch, cache, prompt, size.answer) for cache, prompt in zip(caches, prompts, strict=True))
    )
    return len(caches) * size.answer / (time.perf_counter() - begun)


async def _rounds(batch: Batch, library: Callable[[list[int], int], float], size: Size) -> dict[str, Any]:
    """Every figure once a round, ours and the library's in turn; the medians."""
    found: dict[str, list[float]] = {}
    caches = [batch.cache() for _ in range(size.beds)]
    for turn in range(1, size.rounds + 1):
        prompt = _prompt(batch, size.prompt, turn)
        cache = batch.cache()
        cold, _ = await _written(batch, cache, _prompt(batch, size.prompt, 0), 1)
        warm, rest = await _written(batch, cache, prompt, size.answer)
        # On the same thread as ours: each thread that shares its work has a pool of helpers, and two pools spin against
        # each other on two cores.
        bare_first = await batch.strand.run(library, prompt.ids, 1)
        bare = await batch.strand.run(library, prompt.ids, size.answer) - bare_first
        measured = {
            "cold": cold * 1000,
            "warm": warm * 1000,
            "generate": bare_first * 1000,
            "ours": (size.answer - 1) / rest,
            "theirs": (size.answer - 1) / max(bare, 1e-9),
            "cancel": await _cancelled(batch, prompt, cold * turn / (size.rounds + 1)) * 1000,
            "speedup": await _throughput(batch, caches, size) / await _throughput(batch, caches[:1], size),
        }
        for name, value in measured.items():
            found.setdefault(name, []).append(value)
    middle = {name: round(median(values), 2) for name, values in found.items()}
    return {
        "first_token_ms": {name: middle[name] for name in ("cold", "warm", "generate")},
        "tokens_per_s": {"ours": middle["ours"], "generate": middle["theirs"]},
        "cancel_ms": middle["cancel"],
        "batch8_speedup": middle["speedup"],
    }


# ---- the library's ----


def _library(model: str, size: Size) -> Callable[[list[int], int], float]:
    """What calls `model.generate` for exactly so many tokens after a prompt, and returns the seconds it took."""
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    loaded = AutoModelForCausalLM.from_pretrained(find_model(model), dtype=torch.float32).eval()

    def call(prompt: list[int], tokens: int) -> float:
        settings = GenerationConfig(max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, pad_token_id=0)
        ids = torch.tensor([prompt])
        begun = time.perf_counter()
        with torch.inference_mode():
            loaded.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
        return time.perf_counter() - begun

    call([2] * 8, 2)
    return call
