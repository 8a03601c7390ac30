"""Any encoder that transformers loads, for models that are no BERT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from robot.errors import ModelError
from robot.events import Language
from robot.think.embed import LONGEST, Floats, by_length, unit


class TransformersEmbedder:
    """Any encoder that transformers loads from a folder or by name; `prefix` stands before every text."""

    def __init__(
        self, model: str, *, languages: Sequence[Language] = ("en", "zh"), prefix: str = "", longest: int = LONGEST
    ) -> None:
        """Raises ModelError (`model_missing`)."""
        from transformers import AutoModel, AutoTokenizer

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(model)
            self._model = AutoModel.from_pretrained(model).eval()
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise ModelError("model_missing", f"The embedding model '{model}' does not load: {reason}") from None
        self.name = f"{Path(model).name}-{sum(p.numel() for p in self._model.parameters())}-{longest}-{prefix}"
        self.size = int(self._model.config.hidden_size)
        self.languages = frozenset(languages)
        self._prefix = prefix
        self._longest = longest

    def embed(self, texts: Sequence[str]) -> Floats:
        import torch

        found = np.empty((len(texts), self.size), np.float32)
        encoded = self._tokenizer([self._prefix + text for text in texts], truncation=True, max_length=self._longest)
        for places in by_length([len(ids) for ids in encoded["input_ids"]]) if texts else ():
            ids = torch.tensor([encoded["input_ids"][place] for place in places])
            with torch.inference_mode():
                found[places] = unit(self._model(input_ids=ids).last_hidden_state.mean(dim=1).numpy())
        return found
