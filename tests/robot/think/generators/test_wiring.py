"""The engine inside the robot: chosen by configuration, shared through the content, told the persona, locked."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hardware.clock import SimulatedClock
from robot import content as contents
from robot.app import build_thinking
from robot.config import Config, Generation
from robot.errors import ModelError
from robot.events import Answer, Decision, Language, Sensitive, Sentence, Transcript
from robot.think.generators.shelf import ModelShelf
from tests.conversations import SALT
from tests.tiny_engine import save_chain


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chain(tmp_path_factory.mktemp("chain"), (" Eat", " less", " salt", "."), window=1024)


@cache
def loaded() -> contents.Content:
    return contents.load_content()


@pytest.fixture
def content() -> contents.Content:
    return replace(loaded(), shelf=ModelShelf())


def robot(model: Path, **options: Any) -> Config:
    settings = {"model": str(model), "threads": 1, **options}
    return Config(generator=Generation(engine="transformers", options=settings, deadline_s=60))


def answered(config: Config, content: contents.Content, question: str) -> list[Sentence]:
    async def main(clock: SimulatedClock) -> list[Sentence]:
        decider, composer, close = build_thinking(config, content, patient=None, clock=clock)
        decision = decider.decide(Transcript(Sensitive(question)))
        assert isinstance(decision, Decision)
        answers = [effect for effect in decision.effects if isinstance(effect, Answer)]
        items = [item for effect in answers async for item in composer.sentences(effect)]
        await close()
        return [item for item in items if isinstance(item, Sentence)]

    return run(main)


def run(main: Any) -> Any:
    clock = SimulatedClock()
    work: Coroutine[Any, Any, Any] = main(clock)
    return clock.run(work)


def test_the_configured_model_answers_on_the_first_rung(model: Path, content: contents.Content) -> None:
    said = answered(robot(model), content, SALT)
    assert (said[0].text, said[0].rung) == ("Eat less salt.", "gpt")
    assert said[0].sources


def test_conversations_share_the_model_and_its_persona_is_told(model: Path, content: contents.Content) -> None:
    for _ in range(2):
        answered(robot(model), content, SALT)
    (batch,) = content.shelf._batches.values()
    (opening,) = batch._openings
    language: Language = "en"
    assert batch.model.tokenizer.decode(list(opening)).strip() == " ".join(content.persona[language].split())
    assert batch.lock is not None


def test_a_model_that_repeats_itself_makes_room_for_the_shipped_one(tmp_path: Path, content: contents.Content) -> None:
    endless = save_chain(tmp_path, (" low", " and"), window=1024, end=False)
    first = answered(robot(endless), content, SALT)[0]
    assert (first.rung, first.topic) == ("embedded", "diet-salt-who")


def test_without_a_model_that_ships_there_is_the_passage(
    tmp_path: Path, content: contents.Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robot.app.SHIPPED", tmp_path / "nothing")
    endless = save_chain(tmp_path / "endless", (" low", " and"), window=1024, end=False)
    assert answered(robot(endless), content, SALT)[0].rung == "passage"


def test_a_model_that_is_not_there_is_one_error(content: contents.Content) -> None:
    config = robot(Path("./nowhere"))
    with pytest.raises(ModelError, match="nowhere"):
        answered(config, content, SALT)
