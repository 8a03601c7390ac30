"""Any causal language model that `transformers` loads, from a folder or a hub name, streaming its tokens."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from dialogs.prompt import prompt
from robot.blocking import Blocking
from robot.errors import GeneratorError, ModelError
from robot.events import Answer

_RESERVE = 16
"""Tokens of the window that are kept free beside prompt and answer."""


class TransformersGenerator:
    """Answers from evidence with a causal model.

    model        folder or hub name
    max_tokens   longest answer
    threads      CPU threads for torch; None: torch's own choice

    Raises ModelError (`model_missing`, `model_broken`) when it does not load. Decoding is greedy, so that an answer
    repeats exactly.
    """

    name = "transformers"

    def __init__(self, blocking: Blocking, model: str, *, max_tokens: int = 96, threads: int | None = None) -> None:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self._strand = blocking.strand("generator")
        self._max_tokens = max_tokens
        if threads is not None:
            torch.set_num_threads(threads)
        self._torch = torch
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(model)
            self._model: Any = AutoModelForCausalLM.from_pretrained(model).eval()
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            code = "model_broken" if Path(model).is_dir() else "model_missing"
            raise ModelError(
                code,
                f"The language model '{model}' does not load ({str(error).splitlines()[0][:120]}).",
                "Give the folder of a saved causal model, or a hub name while the hub can be reached.",
            ) from error
        limit = getattr(self._model.config, "max_position_embeddings", None)
        self._window = int(limit) if limit else 2048

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        stop = threading.Event()
        try:
            async with aclosing(self._strand.iterate(lambda: self._pieces(written(answer), stop))) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            # The strand may be in the middle of a token: it stops after this one.
            stop.set()

    def _pieces(self, text: str, stop: threading.Event) -> Iterator[str]:
        """The answer in pieces, one token at a time with the model's own cache. Runs on the strand."""
        torch = self._torch
        try:
            ids = self._tokenizer(text, return_tensors="pt")["input_ids"][:, -self._room :]
            if ids.shape[1] == 0:
                raise GeneratorError("generator_empty", "The tokenizer made nothing of the prompt.")
            cache = None
            made: list[int] = []
            said = ""
            with torch.inference_mode():
                while len(made) < self._max_tokens and not stop.is_set():
                    output = self._model(input_ids=ids, past_key_values=cache, use_cache=True)
                    cache = output.past_key_values
                    logits = output.logits[:, -1]
                    if not bool(torch.isfinite(logits).all()):
                        raise GeneratorError("generator_broken", "The model's output is not a number.")
                    token = int(logits.argmax())
                    if token in self._ends:
                        break
                    made.append(token)
                    ids = torch.tensor([[token]])
                    # The whole answer is decoded each time: a token may be a part of a character.
                    now = self._tokenizer.decode(made, skip_special_tokens=True)
                    if len(now) > len(said) and not now.endswith("�"):
                        yield now[len(said) :]
                        said = now
        except (RuntimeError, IndexError, MemoryError) as error:
            raise GeneratorError("generator_failed", f"The language model failed ({type(error).__name__}).") from error

    @property
    def _room(self) -> int:
        return max(1, self._window - self._max_tokens - _RESERVE)

    @property
    def _ends(self) -> frozenset[int]:
        end = self._model.generation_config.eos_token_id
        ends = end if isinstance(end, list) else [end]
        return frozenset(token for token in (*ends, self._tokenizer.eos_token_id) if token is not None)


def written(answer: Answer) -> str:
    """The prompt, for a model without a chat template."""
    passages = [passage.text for passage in answer.evidence]
    return prompt("", answer.history, answer.question, passages, answer.language)
