"""A model computes what the transformers library computes, whatever the steps are, and a broken folder is one error."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from robot.errors import BedsideError, ModelError
from robot.think.generators.llama import FusedLlama
from robot.think.generators.model import ACCEPTED, CausalModel
from robot.think.generators.model_folder import find_model, verify
from robot.think.generators.network import LibraryNetwork
from tests.tiny_engine import FAMILIES, save_chain, save_family

IDS = [(7 * place) % 250 + 1 for place in range(40)]
OTHER = [(11 * place) % 250 + 1 for place in range(18)]


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_family(tmp_path_factory.mktemp("family"), request.param)


@pytest.fixture(scope="module", params=[*FAMILIES, "llama by openvino", "qwen2 by openvino"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CausalModel]:
    """A saved model, and the same loaded by one of the engines that compute it."""
    family, _, by = request.param.partition(" by ")
    folder = save_family(tmp_path_factory.mktemp("family"), family)
    if not by:
        return folder, CausalModel(str(folder))
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    from robot.think.generators.openvino import OpenVinoModel

    return folder, OpenVinoModel(str(folder))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("chain"))


def reference(folder: Path, ids: list[int]) -> Any:
    """The library's own logits after `ids`."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0, -1]


def test_rows_in_one_step_get_what_each_would_get_alone(model: tuple[Path, CausalModel]) -> None:
    """In pieces, beside another row of another length, a single token beside a chunk."""
    import torch

    folder, engine = model
    one, other = engine.cache(), engine.cache()
    engine.extend([(one, IDS[:10]), (other, OTHER[:17])])
    engine.extend([(one, IDS[10:39])])
    logits = engine.extend([(other, OTHER[17:]), (one, IDS[39:])])
    assert one.tokens == IDS and other.tokens == OTHER
    for found, ids in ((logits[1], IDS), (logits[0], OTHER)):
        assert torch.allclose(found, reference(folder, ids)[: engine.vocabulary], atol=1e-4)


def test_the_llama_family_is_computed_by_us_and_others_by_the_library(tmp_path: Path) -> None:
    for family, kind in (("llama", FusedLlama), ("qwen2", FusedLlama), ("gpt2", LibraryNetwork)):
        assert isinstance(CausalModel(str(save_family(tmp_path / family, family)))._network, kind)


@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_smaller_weights_are_near(folder: Path, precision: Any) -> None:
    import torch

    model = CausalModel(str(folder), precision)
    found = model.extend([(model.cache(), IDS)])[0]
    expected = reference(folder, IDS)[: model.vocabulary]
    assert model.precision == precision
    assert 0 < float((found - expected).norm() / expected.norm()) < 0.15
    assert torch.isfinite(found).all()


def test_a_cache_that_was_cut_goes_on_from_there(model: tuple[Path, CausalModel]) -> None:
    import torch

    _, engine = model
    whole, cut = engine.cache(), engine.cache()
    expected = engine.extend([(whole, IDS)])
    engine.extend([(cut, IDS[:20] + OTHER)])
    assert cut.common(IDS) == 20
    cut.cut(20)
    assert torch.allclose(engine.extend([(cut, IDS[20:])]), expected, atol=1e-4)
    assert cut.bytes > 0
    cut.cut(0)
    assert cut.bytes == 0
    assert torch.allclose(engine.extend([(cut, IDS)]), expected, atol=1e-4)


def test_a_copied_beginning_goes_on_as_its_own(model: tuple[Path, CausalModel]) -> None:
    import torch

    _, engine = model
    first, second = engine.cache(), engine.cache()
    expected = engine.extend([(first, IDS)])
    second.begin_like(first, 25)
    engine.extend([(first, OTHER)])
    assert torch.allclose(engine.extend([(second, IDS[25:])]), expected, atol=1e-4)


def test_a_failed_step_leaves_what_was_read(chain: Path) -> None:
    model = CausalModel(str(chain))
    cache = model.cache()
    model.extend([(cache, IDS)])
    with pytest.raises(IndexError):
        model.extend([(cache, [99_999])])
    assert cache.tokens == IDS


def test_openvino_knows_the_llama_family_only(chain: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    from robot.think.generators.openvino import OpenVinoModel

    with pytest.raises(ModelError) as caught:
        OpenVinoModel(str(chain))
    assert caught.value.code == "model_broken"
    llama = save_family(tmp_path, "llama")
    whole, narrow = (OpenVinoModel(str(llama), each) for each in ("fp32", "int8"))
    expected, found = (each.extend([(each.cache(), IDS)])[0] for each in (whole, narrow))
    assert 0 < float((found - expected).norm() / expected.norm()) < 0.15


def test_precision_follows_what_the_evaluation_accepted(chain: Path, tmp_path: Path) -> None:
    folder = copy(chain, tmp_path)
    change_config(folder, {ACCEPTED: "int8"})
    assert CausalModel(str(folder)).precision == "int8"
    assert CausalModel(str(folder), "fp32").precision == "fp32"
    assert CausalModel(str(chain)).precision == "fp32"


# ---- bad folders ----


def copy(model: Path, into: Path) -> Path:
    return Path(shutil.copytree(model, into / "model"))


def change_config(folder: Path, values: dict[str, Any]) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def write_sums(folder: Path) -> None:
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines))


def fails(folder: Path | str, *words: str, code: str = "model_broken") -> None:
    with pytest.raises(ModelError) as caught:
        CausalModel(str(folder))
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_folder_with_right_sums_loads(chain: Path, tmp_path: Path) -> None:
    folder = copy(chain, tmp_path)
    write_sums(folder)
    assert CausalModel(str(folder)).vocabulary > 256


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named_from_the_sums(chain: Path, tmp_path: Path, name: str) -> None:
    folder = copy(chain, tmp_path)
    write_sums(folder)
    (folder / name).unlink()
    fails(folder, name, "missing")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_without_sums_is_still_an_error(chain: Path, tmp_path: Path, name: str) -> None:
    folder = copy(chain, tmp_path)
    (folder / name).unlink()
    fails(folder)


def test_one_changed_byte_is_found(chain: Path, tmp_path: Path) -> None:
    folder = copy(chain, tmp_path)
    write_sums(folder)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    fails(folder, "model.safetensors")


@pytest.mark.parametrize("line", ["abc  config.json", f"{'0' * 64}  ../config.json", f"{'0' * 64}"])
def test_sums_that_are_none(tmp_path: Path, line: str) -> None:
    (tmp_path / "SHA256SUMS").write_text(line + "\n")
    with pytest.raises(ModelError, match="line 1 of SHA256SUMS"):
        verify(tmp_path)


def test_a_tokenizer_that_does_not_fit(chain: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = copy(chain, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([f"<more{number}>" for number in range(40)])
    tokenizer.save_pretrained(folder)
    fails(folder, "tokenizer", "embedding")


def test_weights_of_another_shape_or_of_fewer_layers(chain: Path, tmp_path: Path) -> None:
    wider, deeper = tmp_path / "wider", tmp_path / "deeper"
    for into, change in ((wider, {"n_embd": 128}), (deeper, {"n_layer": 3})):
        into.mkdir()
        folder = copy(chain, into)
        change_config(folder, change)
        fails(folder)


def test_names(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    assert find_model("ours", tmp_path) == str(tmp_path / "ours")
    assert find_model(str(tmp_path)) == str(tmp_path)
    assert find_model("someone/model", tmp_path) == "someone/model"
    for name in ("", "nowhere", "./nowhere", "/no/where", "~/nowhere"):
        with pytest.raises(ModelError, match="no model folder"):
            find_model(name, tmp_path)


def test_an_unknown_precision_is_named(chain: Path) -> None:
    with pytest.raises(BedsideError) as caught:
        CausalModel(str(chain), "int3")  # type: ignore[arg-type]
    assert caught.value.code == "precision_unknown"
