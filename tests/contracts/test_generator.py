"""One contract for every generator: the reviewed passage, a causal model by two engines, and the shipped stub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from hardware.clock import SimulatedClock, SystemClock
from robot.blocking import Blocking
from robot.errors import ModelError
from robot.evaluate.stubs import StubGenerator
from robot.events import Answer, Language, Passage, Sensitive, Source
from robot.stages import Generator
from robot.think.generators.passage import PassageGenerator
from tests.tiny_engine import save_chain

ENGINES = ["passage", "transformers", "openvino", "stub"]

PASSAGE = Passage("salt", "diet", "Salt", "Eat less than 5 g of salt a day.", "en", Source("salt", "Salt", "WHO", 2020))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("llama"), family="llama")


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[Blocking], Generator]]:
    def build(blocking: Blocking) -> Generator:
        if request.param == "transformers":
            from robot.think.generators.transformers import TransformersGenerator

            folder = request.getfixturevalue("model_folder")
            return TransformersGenerator(blocking, str(folder), max_tokens=24, threads=1)
        if request.param == "openvino":
            pytest.importorskip("openvino", reason="the extra openvino is not installed")
            from robot.think.generators.openvino import OpenVinoGenerator

            folder = request.getfixturevalue("llama_folder")
            return OpenVinoGenerator(blocking, str(folder), max_tokens=24, threads=1)
        if request.param == "passage":
            return PassageGenerator()
        return StubGenerator(["Eat less ", "than 5 g", " a day."])

    yield build


def answer(question: str = "How much salt?", language: Language = "en", history: int = 0) -> Answer:
    return Answer(Sensitive(question), (PASSAGE,), language, tuple(("patient", "words " * 20) for _ in range(history)))


async def collect(generator: Generator, asked: Answer) -> list[str]:
    async with aclosing(generator.generate(asked)) as pieces:
        return [piece async for piece in pieces]


def inline(make: Callable[[Blocking], Generator], *asked: Answer) -> list[list[str]]:
    generator = make(Blocking(inline=True))

    async def run() -> list[list[str]]:
        return [await collect(generator, one) for one in asked]

    return SimulatedClock().run(run())


def test_an_answer_comes_in_pieces_that_join_to_text(make: Callable[[Blocking], Generator]) -> None:
    (pieces,) = inline(make, answer())
    assert pieces
    assert all(isinstance(piece, str) and piece for piece in pieces)
    assert "�" not in "".join(pieces)


def test_the_same_question_gets_the_same_answer(make: Callable[[Blocking], Generator]) -> None:
    first, second = inline(make, answer(), answer())
    assert "".join(first) == "".join(second)


def test_closing_early_leaves_it_usable(make: Callable[[Blocking], Generator]) -> None:
    generator = make(Blocking(inline=True))

    async def run() -> tuple[str, list[str]]:
        async with aclosing(generator.generate(answer())) as pieces:
            first = await anext(pieces)
        return first, await collect(generator, answer())

    first, whole = SimulatedClock().run(run())
    assert "".join(whole).startswith(first)


def test_a_history_longer_than_the_window_is_cut(make: Callable[[Blocking], Generator]) -> None:
    (pieces,) = inline(make, answer("salt " * 3000, history=50))
    assert "".join(pieces)


@pytest.mark.parametrize("question", ["", "\x00\u202e", "🧂🧂🧂", "盐" * 500])
def test_odd_questions_are_survived(make: Callable[[Blocking], Generator], question: str) -> None:
    (pieces,) = inline(make, answer(question, "zh"))
    assert all(isinstance(piece, str) for piece in pieces)


def test_threads_give_the_same_answer_as_inline(make: Callable[[Blocking], Generator]) -> None:
    (expected,) = inline(make, answer())
    blocking = Blocking(inline=False)
    generator = make(blocking)
    try:
        assert "".join(SystemClock().run(collect(generator, answer()))) == "".join(expected)
    finally:
        blocking.close()


def test_a_cancelled_answer_frees_its_strand(make: Callable[[Blocking], Generator]) -> None:
    blocking = Blocking(inline=False)
    generator = make(blocking)

    async def run() -> str:
        task = asyncio.ensure_future(collect(generator, answer("salt " * 500)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return "".join(await collect(generator, answer()))

    try:
        assert SystemClock().run(run())
    finally:
        blocking.close()


@pytest.mark.parametrize("broken", ["no such folder", "empty folder", "weights missing", "weights cut off"])
def test_a_model_that_does_not_load_is_one_clear_line(broken: str, model_folder: Path, tmp_path: Path) -> None:
    from robot.think.generators.transformers import TransformersGenerator

    folder = tmp_path / "model"
    if broken != "no such folder":
        folder.mkdir()
    if broken.startswith("weights"):
        for file in model_folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        weights = folder / "model.safetensors"
        if broken == "weights missing":
            weights.unlink()
        else:
            weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError) as caught:
        TransformersGenerator(Blocking(inline=True), str(folder))
    assert caught.value.code in ("model_missing", "model_broken")
    assert "\n" not in str(caught.value)
