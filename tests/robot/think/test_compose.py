"""Down the ladder: which rung speaks when one fails, is late, or is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from hardware.clock import SimulatedClock
from robot.errors import GeneratorError
from robot.events import Answer, Blocked, Fault, Passage, Say, Sensitive, Sentence
from robot.speak.split import SentenceSplitter
from robot.stages import Generator, Guard
from robot.think.compose import Composer
from robot.think.generators.passage import PassageGenerator
from tests.conversations import SALT, Hanging, Rules, passage, shared

PASSAGE = passage("diet-salt-who")
ANSWER = Answer(Sensitive(SALT), (PASSAGE,), "en")
GPT = ["Keep it under 5 g. ", "That is one level teaspoon."]

Items = list[tuple[float, Sentence | Blocked | Fault]]


class Says:
    """Streams its pieces, each after `wait_s`; then fails, if told to."""

    name = "says"

    def __init__(self, pieces: Sequence[str], wait_s: float = 0.0, *, fails: bool = False) -> None:
        self._pieces, self._wait_s, self._fails = pieces, wait_s, fails

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        for piece in self._pieces:
            await asyncio.sleep(self._wait_s)
            yield piece
        if self._fails:
            raise GeneratorError("generator_failed", "It failed.")


def compose(
    effect: Say | Answer,
    generator: Generator | None = None,
    guard: Guard | None = None,
    *,
    ladder: Sequence[Generator] | None = None,
) -> Items:
    """What comes out, with the virtual second of each; the passage stands below `generator`."""
    rungs = [("gpt", generator)] if generator else []
    below = [("passage", PassageGenerator())] if ladder is None else [("embedded", each) for each in ladder]
    composer = Composer([*rungs, *below], guard or Rules(), SentenceSplitter, shared().dialogs.phrases)  # type: ignore[list-item, arg-type]

    async def main() -> Items:
        loop = asyncio.get_running_loop()
        return [(loop.time(), item) async for item in composer.sentences(effect)]

    return SimulatedClock().run(main())


def spoken(items: Items) -> list[tuple[str, str]]:
    return [(item.rung, item.topic) for _, item in items if isinstance(item, Sentence)]


def texts(items: Items) -> str:
    return " ".join(item.text for _, item in items if isinstance(item, Sentence))


def faults(items: Items) -> list[str]:
    return [item.code for _, item in items if isinstance(item, Fault)]


def blocked(items: Items) -> list[Blocked]:
    return [item for _, item in items if isinstance(item, Blocked)]


def phrase(key: str, *, interruptible: bool = True) -> Say:
    text = shared().dialogs.phrases.phrases[key].en
    return Say((Sentence(text, "en", key, "phrase", interruptible),))


def test_the_best_rung_speaks_sentence_by_sentence_with_its_source() -> None:
    items = compose(ANSWER, Says(GPT))
    answer = [item for _, item in items if isinstance(item, Sentence) and item.rung == "gpt"]
    assert [sentence.text for sentence in answer] == [piece.strip() for piece in GPT]
    assert all(sentence.sources == (PASSAGE.source,) for sentence in answer)
    assert all(sentence.topic == PASSAGE.id for sentence in answer)


def test_the_passage_is_spoken_word_for_word() -> None:
    items = compose(ANSWER)
    said = [item.text for _, item in items if isinstance(item, Sentence) and item.rung == "passage"]
    assert " ".join(said) == " ".join(PASSAGE.text.split())
    assert len(said) > 1


@pytest.mark.parametrize("generator", [Says([], fails=True), Says([]), Says(["", "  ", "\n"])])
def test_a_rung_that_fails_or_says_nothing_makes_room(generator: Says) -> None:
    items = compose(ANSWER, generator)
    assert spoken(items)[0] == ("passage", PASSAGE.id)
    assert faults(items) == (["generator_failed"] if generator._fails else [])


def test_a_rung_that_is_late_with_its_first_sentence_makes_room_in_time() -> None:
    items = compose(ANSWER, Says(GPT, 5))
    assert faults(items) == ["generator_late"]
    assert spoken(items)[0] == ("passage", PASSAGE.id)
    at = next(at for at, item in items if isinstance(item, Sentence))
    assert at == pytest.approx(1.2, abs=0.01)


def test_words_without_an_end_do_not_count_as_a_sentence_in_time() -> None:
    """Tokens come, but no sentence is finished: nothing could be spoken yet."""
    items = compose(ANSWER, Says(["Keep ", "it ", "under ", "five ", "grams."], 0.5))
    assert spoken(items)[0] == ("passage", PASSAGE.id)


def test_a_slow_second_sentence_is_waited_for() -> None:
    items = compose(ANSWER, Says(GPT, 1.0))
    assert [rung for rung, topic in spoken(items) if topic == PASSAGE.id] == ["gpt", "gpt"]


def test_a_rung_that_hangs_after_its_first_sentence_does_not_hang_the_reply() -> None:
    hanging = Hanging("Keep it under 5 g. ")
    items = compose(ANSWER, hanging)
    assert spoken(items)[0][0] == "gpt"
    assert "passage" not in [rung for rung, _ in spoken(items)], "an answer that began is not begun again"
    assert faults(items) == ["generator_late"]
    assert items[-1][0] < 15
    assert hanging.closed == 1


def test_a_late_rung_is_closed() -> None:
    hanging = Hanging()
    compose(ANSWER, hanging)
    assert hanging.closed == 1


def test_a_blocked_first_sentence_makes_room() -> None:
    items = compose(ANSWER, Says(GPT), Rules(rungs=["gpt"]))
    assert [(item.rules, item.rung) for item in blocked(items)] == [(("rung:gpt",), "gpt")]
    assert spoken(items)[0] == ("passage", PASSAGE.id)


def test_a_blocked_later_sentence_ends_the_answer() -> None:
    items = compose(ANSWER, Says([*GPT, "More."]), Rules(words=["teaspoon"]))
    assert "teaspoon" not in texts(items) and "More" not in texts(items)
    assert [rung for rung, topic in spoken(items) if topic == PASSAGE.id] == ["gpt"]


def test_when_everything_is_blocked_the_robot_says_that_it_cannot_and_names_no_source() -> None:
    items = compose(ANSWER, Says(GPT), Rules(rungs=["gpt", "passage"]))
    assert spoken(items) == [("phrase", "cannot_say")]
    assert [item.rung for item in blocked(items)] == ["gpt", "passage"]


def test_an_answer_is_followed_by_its_source() -> None:
    items = compose(ANSWER, Says(GPT))
    assert spoken(items)[-1] == ("phrase", "answer_source")
    assert texts(items).endswith(f"That comes from {PASSAGE.source.org}.")


def test_every_sentence_passes_the_guard() -> None:
    guard = Rules()
    items = compose(ANSWER, Says(GPT), guard)
    assert [sentence.text for sentence in guard.checked] == [i.text for _, i in items if isinstance(i, Sentence)]


def test_a_blocked_phrase_becomes_cannot_say() -> None:
    items = compose(phrase("what_i_can_do"), guard=Rules(topics=["what_i_can_do"]))
    assert spoken(items) == [("phrase", "cannot_say")]
    assert [item.topic for item in blocked(items)] == ["what_i_can_do"]


EMERGENCY = [key for key, entry in shared().dialogs.phrases.phrases.items() if not entry.interruptible]


@pytest.mark.parametrize("key", EMERGENCY)
def test_an_emergency_phrase_is_never_blocked_away(key: str) -> None:
    say = phrase(key, interruptible=False)
    items = compose(say, guard=Rules(topics=[key], rungs=["phrase"]))
    assert texts(items) == say.sentences[0].text
    assert all(isinstance(item, Sentence) and not item.interruptible for _, item in items)


def test_words_of_a_gpt_can_be_said_again() -> None:
    """A repetition brings no evidence; the answer that it repeats had some, and the guard asks for it."""

    class NeedsEvidence:
        def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
            return () if sentence.rung == "phrase" or PASSAGE in evidence else ("evidence.missing",)

    composer = Composer([("gpt", Says(GPT))], NeedsEvidence(), SentenceSplitter, shared().dialogs.phrases)

    async def main() -> list[str]:
        first = [item async for item in composer.sentences(ANSWER)]
        again = Say(tuple(item for item in first if isinstance(item, Sentence)))
        return [item.topic for item in [each async for each in composer.sentences(again)] if isinstance(item, Sentence)]

    assert SimulatedClock().run(main()) == [PASSAGE.id, PASSAGE.id, "answer_source"]


class Broken:
    """A guard that fails."""

    def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        raise RuntimeError("the guard is broken")


def test_a_guard_that_fails_lets_only_fixed_words_through() -> None:
    items = compose(ANSWER, Says(GPT), Broken())
    assert spoken(items) == [("phrase", "cannot_say")]
    assert {rule for item in blocked(items) for rule in item.rules} == {"guard_failed"}


def test_a_guard_that_fails_does_not_silence_an_emergency() -> None:
    say = phrase("emergency_stay", interruptible=False)
    assert texts(compose(say, guard=Broken())) == say.sentences[0].text


def test_the_ladder_can_have_any_number_of_rungs() -> None:
    items = compose(ANSWER, Says([], fails=True), ladder=[Hanging(), Says([], fails=True), Says(["Third one speaks."])])
    assert spoken(items)[0] == ("embedded", PASSAGE.id)
    assert faults(items) == ["generator_failed", "generator_late", "generator_failed"]


def test_the_filler_is_a_phrase_in_the_language() -> None:
    composer = Composer([], Rules(), SentenceSplitter, shared().dialogs.phrases)  # type: ignore[arg-type]
    for language in ("en", "zh"):
        (sentence,) = composer.filler(language).sentences  # type: ignore[arg-type]
        entry = shared().dialogs.phrases.phrases["one_moment"]
        assert (sentence.text, sentence.language) == (getattr(entry, language), language)


class ReadsAheadOnly(Says):
    """A generator that remembers what it was told to read ahead."""

    def __init__(self) -> None:
        super().__init__(GPT)
        self.drafts: list[Answer] = []

    def prepare(self, answer: Answer) -> None:
        self.drafts.append(answer)


def test_only_the_best_rung_reads_ahead_and_only_if_it_can() -> None:
    able = ReadsAheadOnly()
    for ladder, drafts in [((able, Says(GPT)), 1), ((Says(GPT), able), 1)]:
        rungs = [("gpt", generator) for generator in ladder]
        Composer(rungs, Rules(), SentenceSplitter, shared().dialogs.phrases).prepare(ANSWER)  # type: ignore[arg-type]
        assert len(able.drafts) == drafts
    assert able.drafts == [ANSWER]


def test_each_sentence_carries_the_source_that_it_was_written_from() -> None:
    sleep = passage("sleep-hours-adults")
    both = replace(ANSWER, evidence=(PASSAGE, sleep))
    first = sleep.text.split(". ")[0] + "."
    items = compose(both, Says([first, " Adults need 7 to 9 hours of sleep. ", "Good question! ", "Use less salt."]))
    sentences = [item for _, item in items if isinstance(item, Sentence)]
    assert [sentence.topic for sentence in sentences] == [
        "sleep-hours-adults",
        "sleep-hours-adults",
        "diet-salt-who",
        "diet-salt-who",
        "answer_source",
    ]
    assert [sentence.sources for sentence in sentences[:3]] == [(sleep.source,), (sleep.source,), ()]
    assert sleep.source.org in sentences[-1].text


def test_an_answer_that_rests_on_nothing_names_no_source() -> None:
    items = compose(ANSWER, Says(["Pardon, no idea!"]))
    assert [item.text for _, item in items if isinstance(item, Sentence)] == ["Pardon, no idea!"]


def test_an_opening_without_an_answer_makes_room_for_the_next_rung() -> None:
    items = compose(ANSWER, Says(["Hmm!"]))
    said = [item.text for _, item in items if isinstance(item, Sentence)]
    assert said[0] == "Hmm!" and said[1] in ANSWER.evidence[0].text


def test_a_sentence_that_comes_again_ends_the_answer() -> None:
    items = compose(ANSWER, Says([*GPT, " ", *GPT]))
    said = [item.text for _, item in items if isinstance(item, Sentence)]
    assert said[:2] == [text.strip() for text in GPT]
    assert len(said) == 3, "and the source"
    assert [item.rules for _, item in items if isinstance(item, Blocked)] == [("form.repeated",)]
