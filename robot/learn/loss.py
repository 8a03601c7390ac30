"""How wrong the model is on a batch of turns: the mean cross-entropy of the tokens that count.

The persona stands before every turn, so it is read once a step and its keys and values are shared by all rows, gradient
included: a third of the work at the size that ships. Rows are padded on the right, which causal attention never sees.
Logits, the largest tensor, are made only where a token counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from robot.learn.examples import Example, Examples


def loss_of(model: Any, examples: Examples, rows: Sequence[Example], *, answer_only: bool, where: Any) -> Any:
    """The mean loss in nats a token, a scalar tensor with its gradient; `rows` are of one language.

    `answer_only`: what counts is the answer and its end; otherwise every token after the persona and the first.
    """
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    width = max(len(row.ids) for row in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)
    counts = np.zeros((len(rows), width), dtype=bool)
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = row.ids
        counts[number, row.answer_at if answer_only else 1 : len(row.ids)] = True
    tokens = torch.from_numpy(ids).to(where)
    counted = torch.from_numpy(counts).to(where)
    opening = torch.from_numpy(examples.openings[rows[0].language])[None].to(where)
    cache = inner.base_model(input_ids=opening, use_cache=True).past_key_values
    cache.batch_repeat_interleave(len(rows))
    states = inner.base_model(input_ids=tokens, cache=cache, use_cache=True).last_hidden_state
    logits = inner.get_output_embeddings()(states[:, :-1][counted[:, 1:]])
    return torch.nn.functional.cross_entropy(logits.float(), tokens[counted])
