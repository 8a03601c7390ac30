"""A Whisper checkpoint of a few megabytes with random weights: the real file format and the real code, no knowledge."""

from __future__ import annotations

from pathlib import Path


def save_tiny_whisper(path: Path, *, multilingual: bool = False, seed: int = 0) -> Path:
    """Write it to `path`. Its sentences are some words of nonsense, the same for the same `seed`."""
    import torch
    import whisper.model

    torch.manual_seed(seed)
    dims = whisper.model.ModelDimensions(
        n_mels=80,
        n_audio_ctx=1500,
        n_audio_state=16,
        n_audio_head=2,
        n_audio_layer=1,
        n_vocab=51865 if multilingual else 51864,
        n_text_ctx=16,
        n_text_state=16,
        n_text_head=2,
        n_text_layer=2,
    )
    model = whisper.model.Whisper(dims)
    torch.nn.init.normal_(model.decoder.positional_embedding)  # the library leaves it as the memory was
    model.decoder.token_embedding.weight.data *= 0.1  # else it repeats one token, and is sure of it
    torch.save({"dims": vars(dims), "model_state_dict": model.state_dict()}, path)
    return path
