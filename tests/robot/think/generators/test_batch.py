"""Answers of several conversations step together: each gets what it would get alone, none starves, any may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialogs.prompt import evidence
from hardware.clock import SimulatedClock, SystemClock
from robot.blocking import Blocking
from robot.errors import BedsideError, GeneratorError, ModelError
from robot.events import Answer, Language, Passage, Sensitive, Source
from robot.think.generators.shelf import ModelShelf
from robot.think.generators.transformers import TransformersGenerator, _Loaded
from tests.tiny_engine import FAMILIES, WORDS, save_chain, save_family

PERSONA: dict[Language, str] = {"en": "You are kind and short.", "zh": "你很亲切。"}
SALT = "Eat less than 5 g of salt a day."
CHAIN = "".join(WORDS)


def loaded(engine: TransformersGenerator) -> _Loaded:
    """What an engine that was loaded at once shares with its fellows."""
    assert isinstance(engine._loaded, _Loaded)
    return engine._loaded


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("endless"), end=False)


def passage(text: str = SALT) -> Passage:
    return Passage("salt", "diet", "Salt", text, "en", Source("salt", "Salt", "WHO", 2020))


def answer(question: str, history: Sequence[tuple[str, str]] = (), evidence: Sequence[str] = (SALT,)) -> Answer:
    turns = tuple((role, Sensitive(text)) for role, text in history)
    return Answer(Sensitive(question), tuple(map(passage, evidence)), "en", turns)


def generator(model: Path, shelf: ModelShelf | None = None, *, inline: bool = True, **options: Any) -> Any:
    options = {"max_tokens": 20, "persona": PERSONA, "threads": 1} | options
    return TransformersGenerator(Blocking(inline=inline), str(model), shelf=shelf or ModelShelf(), **options)


async def tokens(engine: Any, asked: Answer) -> list[int]:
    """The tokens that were written, even where the answer has no end."""
    try:
        async with aclosing(engine.generate(asked)) as pieces:
            async for _ in pieces:
                pass
    except GeneratorError as error:
        assert error.code in ("generator_unfinished", "generator_repeats")
    return list(engine._row.job.text.tokens)


async def text(engine: Any, asked: Answer) -> str:
    async with aclosing(engine.generate(asked)) as pieces:
        return "".join([piece async for piece in pieces])


def run(main: Any) -> Any:
    return SimulatedClock().run(main)


def common(one: list[int], other: list[int]) -> int:
    return next(place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)


class Steps:
    """Counts the tokens that a model reads, in each step."""

    def __init__(self, engine: Any) -> None:
        self.sizes: list[list[int]] = []
        model = loaded(engine).batch.model
        extend = model.extend

        def counted(work: Any) -> Any:
            self.sizes.append([len(new) for _, new in work])
            return extend(work)

        model.extend = counted

    @property
    def read(self) -> int:
        return sum(map(sum, self.sizes))


# ---- the law of equality ----

QUESTIONS = [f"question {number} " + "about salt " * number for number in range(5)]


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_in_a_batch_are_the_tokens_alone(family: str, tmp_path: Path) -> None:
    """Prompts of many lengths, joining at different steps."""
    folder = save_family(tmp_path, family)

    async def alone() -> list[list[int]]:
        return [await tokens(generator(folder, shelf), answer(question)) for question in QUESTIONS]

    async def late(question: str, steps: int) -> list[int]:
        engine = generator(folder, shelf)
        for _ in range(steps):
            await asyncio.sleep(0)
        return await tokens(engine, answer(question))

    async def together() -> list[list[int]]:
        return await asyncio.gather(*(late(question, 5 * number) for number, question in enumerate(QUESTIONS)))

    shelf = ModelShelf()
    expected = run(alone())
    assert run(together()) == expected
    assert len({tuple(each) for each in expected}) > 1, "the models would say the same to everything"


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_those_of_the_library(family: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = save_family(tmp_path, family)
    engine = generator(folder, chunk=7)
    asked = answer("how much salt")
    written = run(tokens(engine, asked))
    prompt = torch.tensor([loaded(engine).writer.write(asked).ids])
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    made = model.generate(prompt, max_new_tokens=len(written), do_sample=False, attention_mask=torch.ones_like(prompt))
    assert made[0, prompt.shape[1] :].tolist()[: len(written)] == written


# ---- what was read is not read again ----


def test_a_second_turn_reads_only_what_is_new(chain: Path) -> None:
    engine = generator(chain)

    first, second = answer("how much salt"), answer("and sugar", [("patient", "how much salt"), ("robot", CHAIN)])
    run(text(engine, first))
    known = common(loaded(engine).writer.write(first).ids, loaded(engine).writer.write(second).ids)
    assert known > len(loaded(engine).writer.write(first).ids) / 3
    steps = Steps(engine)
    assert run(text(engine, second)) == CHAIN
    assert steps.read == len(loaded(engine).writer.write(second).ids) - known + len(WORDS)


def test_the_persona_is_read_once_for_all(chain: Path) -> None:
    shelf = ModelShelf()
    run(text(generator(chain, shelf), answer("one")))
    other = generator(chain, shelf)
    steps = Steps(other)
    assert run(text(other, answer("two"))) == CHAIN
    prompt = loaded(other).writer.write(answer("two"))
    assert prompt.shared > 15
    assert steps.read == len(prompt.ids) - prompt.shared + len(WORDS)


def test_the_next_words_need_only_themselves(chain: Path) -> None:
    """What was prepared while the patient spoke is there when the answer is asked for."""
    engine = generator(chain)
    asked = answer("how much salt")

    async def visit() -> None:
        for words in ("how", "how match", "how much salt"):
            engine.prepare(answer(words, evidence=()))
            for _ in range(10):
                await asyncio.sleep(0)

    run(visit())
    steps = Steps(engine)
    assert run(text(engine, asked)) == CHAIN
    facts = loaded(engine).batch.model.tokenizer.encode(evidence([SALT], "en"))
    assert steps.read == len(facts) + len(WORDS)


def test_a_draft_that_was_wrong_changes_nothing(tmp_path: Path) -> None:
    folder = save_family(tmp_path, "llama")

    async def misled() -> list[int]:
        engine = generator(folder)
        await tokens(engine, answer("something else", [("patient", "x"), ("robot", "y")]))
        engine.prepare(answer("how mush salad", evidence=()))
        await asyncio.sleep(0)
        return await tokens(engine, answer("how much salt"))

    assert run(misled()) == run(tokens(generator(folder), answer("how much salt")))


def test_the_newest_draft_wins_and_an_answer_takes_its_place(chain: Path) -> None:
    engine = generator(chain)

    async def visit() -> list[bool]:
        engine.prepare(answer("a", evidence=()))
        first = engine._preparing
        engine.prepare(answer("b", evidence=()))
        second = engine._preparing
        async with aclosing(engine.generate(answer("c"))) as pieces:
            await anext(pieces)
            engine.prepare(answer("d", evidence=()))
            assert engine._preparing is second, "nothing is read ahead in the middle of an answer"
        return [first.cancelled, second.cancelled]

    assert run(visit()) == [True, True]


def test_two_answers_at_once_do_not_meet_in_one_cache(tmp_path: Path) -> None:
    folder = save_family(tmp_path, "gpt2")

    async def both() -> list[list[str]]:
        engine = generator(folder)

        async def pieces(question: str) -> list[str]:
            found: list[str] = []
            with suppress(GeneratorError):
                async for piece in engine.generate(answer(question)):
                    found += [piece]
            return found

        return [*await asyncio.gather(pieces("one"), pieces("two")), await pieces("one"), await pieces("two")]

    one, two, one_alone, two_alone = run(both())
    assert [one, two] == [one_alone, two_alone]


def test_memory_is_taken_from_who_was_silent_longest(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robot.think.generators.batch._CACHE_BYTES", 1)
    shelf = ModelShelf()
    engines = [generator(chain, shelf) for _ in range(3)]
    for engine in engines:
        assert run(text(engine, answer("salt"))) == CHAIN
    assert [(engine._cache is not None and engine._cache.bytes > 0) for engine in engines] == [False, False, True]
    assert run(text(engines[0], answer("salt"))) == CHAIN


# ---- fairness, joining, leaving ----


def test_prompts_are_read_in_chunks_and_a_long_one_starves_nobody(chain: Path) -> None:
    shelf = ModelShelf()
    first, second = generator(chain, shelf, chunk=16), generator(chain, shelf, chunk=16)
    steps = Steps(first)

    async def both() -> list[str]:
        done: list[str] = []

        async def ask(engine: Any, name: str, question: str) -> None:
            assert await text(engine, answer(question)) == CHAIN
            done.append(name)

        await asyncio.gather(ask(first, "long", "salt " * 60), ask(second, "short", "salt"))
        return done

    assert run(both()) == ["short", "long"]
    assert max(sum(sizes) for sizes in steps.sizes) <= 16 + 2


def test_closing_in_the_middle_of_a_prompt_stops_after_one_chunk(chain: Path) -> None:
    engine = generator(chain, chunk=8)
    steps = Steps(engine)

    async def visit() -> int:
        asking = asyncio.ensure_future(text(engine, answer("salt " * 60)))
        for _ in range(8):
            await asyncio.sleep(0)
        begun = len(steps.sizes)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        for _ in range(20):
            await asyncio.sleep(0)
        assert begun > 1, "the prompt was being read"
        return len(steps.sizes) - begun

    assert run(visit()) <= 1
    assert run(text(engine, answer("salt"))) == CHAIN


def test_threads_and_loops_come_and_go(chain: Path) -> None:
    """The shelf's strand outlives the loops of the conversations; one that ends in mid-answer leaves no trace."""
    shelf = ModelShelf()
    engine = generator(chain, shelf, inline=False)

    async def leaves() -> str:
        return await anext(engine.generate(answer("salt " * 60)))

    async def many() -> list[str]:
        return await asyncio.gather(*(text(generator(chain, shelf, inline=False), answer("x")) for _ in range(8)))

    try:
        assert CHAIN.startswith(SystemClock().run(leaves()))
        assert SystemClock().run(many()) == [CHAIN] * 8
        assert SystemClock().run(text(engine, answer("salt"))) == CHAIN
    finally:
        shelf.close()


def test_a_model_is_loaded_once(chain: Path) -> None:
    shelf = ModelShelf()
    engines = [generator(chain, shelf), generator(chain, shelf), generator(chain, shelf, inline=False)]
    assert len({id(loaded(engine).batch.model) for engine in engines}) == 1
    assert len({id(loaded(engine).batch) for engine in engines}) == 2


# ---- the lock ----


class Forbids:
    """A lock that never lets some words out, and remembers what it was told."""

    def __init__(self, tokenizer: Any, words: Sequence[str]) -> None:
        self.mask = np.zeros(len(tokenizer), dtype=bool)
        self.mask[[tokenizer.convert_tokens_to_ids(word) for word in words]] = True
        self.evidence: list[Sequence[str]] = []
        self.made: list[int | None] = []

    def open(self, evidence: Sequence[str], language: Language) -> Forbids:
        self.evidence.append(evidence)
        return self

    def forbidden(self, made: int | None) -> Any:
        self.made.append(made)
        return self.mask


def test_what_the_lock_forbids_never_comes(chain: Path) -> None:
    locks = []

    def make_lock(tokenizer: Any) -> Forbids:
        locks.append(Forbids(tokenizer, [" 5"]))
        return locks[0]

    engine = generator(chain, make_lock=make_lock)
    written = run(tokens(engine, answer("salt")))
    tokenizer = loaded(engine).batch.model.tokenizer
    assert tokenizer.decode(written).startswith(" Eat less than")
    assert " 5" not in tokenizer.decode(written)
    assert locks[0].evidence == [[SALT]]
    assert locks[0].made[:3] == [None, *written[:2]]


class DeniesPepper:
    """Ends answers about pepper at their third token, and lets the others be."""

    def __init__(self, tokenizer: Any) -> None:
        self.free = Forbids(tokenizer, [])
        self.left = 3

    def open(self, evidence: Sequence[str], language: Language) -> Any:
        return self if "pepper" in evidence[0] else self.free

    def forbidden(self, made: int | None) -> Any:
        self.left -= 1
        if self.left < 0:
            raise GeneratorError("generator_unfaithful", "It denies.")


def test_an_answer_that_its_lock_ends_leaves_the_others(chain: Path) -> None:
    shelf = ModelShelf()
    one, other = (generator(chain, shelf=shelf, make_lock=DeniesPepper) for _ in range(2))

    async def both() -> list[Any]:
        asked = (answer("salt"), answer("pepper", evidence=["pepper"]))
        return await asyncio.gather(text(one, asked[0]), text(other, asked[1]), return_exceptions=True)

    whole, ended = run(both())
    assert whole == CHAIN
    assert isinstance(ended, GeneratorError) and ended.code == "generator_unfaithful"
    assert run(text(other, answer("salt"))) == CHAIN, "its conversation goes on"


# ---- what fails ----


def code(engine: Any, asked: Answer | None = None) -> str:
    with pytest.raises(GeneratorError) as caught:
        run(text(engine, asked or answer("salt")))
    assert "salt" not in str(caught.value), "no words of the patient in an error"
    return caught.value.code


def test_endless_repetition_is_an_error(endless: Path) -> None:
    assert code(generator(endless, max_tokens=200)) == "generator_repeats"


def test_an_answer_without_an_end_is_an_error(endless: Path) -> None:
    assert code(generator(endless, max_tokens=15)) == "generator_unfinished"


def test_numbers_that_are_none(chain: Path) -> None:
    engine = generator(chain)
    extend = loaded(engine).batch.model.extend
    loaded(engine).batch.model.extend = lambda work: extend(work) * float("nan")
    assert code(engine) == "generator_broken"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), "generator_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "generator_memory"),
        (RuntimeError("shape"), "generator_failed"),
        (IndexError("token"), "generator_failed"),
    ],
)
def test_a_failed_step_is_an_error_and_the_next_answer_comes(chain: Path, error: Exception, expected: str) -> None:
    engine = generator(chain)
    model = loaded(engine).batch.model
    extend = model.extend

    def fail(work: Any) -> Any:
        model.extend = extend
        raise error

    model.extend = fail
    assert code(engine) == expected
    assert run(text(engine, answer("salt"))) == CHAIN


@pytest.mark.parametrize(
    "options", [{"max_tokens": 0}, {"max_tokens": "many"}, {"max_tokens": 512}, {"chunk": -1}, {"threads": 0}]
)
def test_options_that_do_not_fit_are_named(chain: Path, options: dict[str, Any]) -> None:
    with pytest.raises(BedsideError, match=next(iter(options))) as caught:
        generator(chain, **options)
    assert caught.value.code == "generator_option"


# ---- loading beside the conversation ---------------------------------------------------------------------------------


def test_loading_beside_answers_as_loading_at_once(chain: Path) -> None:
    """The first draft starts it, and an answer that is asked for meanwhile waits for it."""
    clock = SystemClock()

    async def main() -> tuple[str, str]:
        blocking = Blocking(inline=False)
        beside = TransformersGenerator(blocking, str(chain), threads=1, beside=True)
        at_once = TransformersGenerator(blocking, str(chain), threads=1)
        assert beside._loaded is None
        beside.prepare(replace(answer("how much salt"), evidence=()))
        texts = [
            "".join([piece async for piece in engine.generate(answer("how much salt"))]) for engine in (beside, at_once)
        ]
        blocking.close()
        return texts[0], texts[1]

    first, second = clock.run(main())
    assert first == second
    assert first


def test_a_model_that_turns_out_broken_fails_every_answer_with_its_code(tmp_path: Path) -> None:
    broken = save_chain(tmp_path / "broken", WORDS)
    (broken / "model.safetensors").write_bytes(b"half")

    async def main() -> list[str]:
        blocking = Blocking(inline=False)
        engine = TransformersGenerator(blocking, str(broken), beside=True)
        codes = []
        for _ in range(2):
            with pytest.raises(GeneratorError) as caught:
                async for _ in engine.generate(answer("how much salt")):
                    pass
            codes.append(caught.value.code)
        blocking.close()
        return codes

    assert SystemClock().run(main()) == ["model_broken"] * 2


def test_a_name_that_cannot_be_a_model_is_refused_at_once() -> None:
    with pytest.raises(ModelError, match="no model folder"):
        TransformersGenerator(Blocking(inline=False), "nowhere", beside=True)
