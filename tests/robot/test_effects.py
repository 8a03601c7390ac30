"""What a conversation does beside speaking: notes, messages, reminders, the voice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from robot.errors import RecordsError
from robot.events import Adjust, Decision, DraftNote, Fault, Language, Message, Remind, ReminderDue, Sensitive, Sentence
from robot.records.bed_notes import BedNotes
from robot.records.draft_book import DraftBook
from tests.conversations import SALT, Visit, machine, play, visit

DOSE = "how many tablets should i take"


def noting(**changes: Any) -> tuple[Visit, DraftBook]:
    """A visit whose drafts are kept in memory."""
    book = DraftBook(None)
    made = visit(**changes)
    notes = BedNotes(book, "4", "Ann Li", "v1", made.clock.wall)
    return with_notes(made, notes), book


def with_notes(made: Visit, notes: Any) -> Visit:
    made.conversation.parts = replace(made.conversation.parts, notes=notes)
    made.conversation._effects._notes = notes
    made.decider._keeps_notes = True
    return made


async def ask(made: Visit, text: str) -> None:
    made.conversation.hear_text(text)
    await made.settled()


# ---- notes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "text"), [("en", DOSE), ("zh", "这个药吃几片")])
def test_a_dose_question_is_noted_before_the_robot_says_so(language: Language, text: str) -> None:
    made, book = noting(language=language)

    async def script(made: Visit) -> None:
        await made.greeted()
        await ask(made, text)

    play(made, script)
    (draft,) = book.all()
    assert (draft.kind, draft.patient, draft.language, draft.evidence) == ("medicine", "Ann Li", language, (text,))
    assert "noted_down" in made.topics


def test_who_refused_to_be_noted_is_helped_and_not_noted() -> None:
    made, book = noting()

    async def script(made: Visit) -> None:
        await made.settled()
        await ask(made, "no")
        await ask(made, DOSE)

    play(made, script)
    assert book.all() == []
    assert "medicine_to_clinician" in made.topics and "noted_down" not in made.topics


def test_where_nothing_is_kept_nobody_says_that_it_was() -> None:
    made = play(visit(), lambda made: _greet_and_ask(made, DOSE))
    assert "medicine_to_clinician" in made.topics and "noted_down" not in made.topics
    assert not made.of(Fault)


class Broken:
    """A book that cannot be written."""

    def keep(self, note: DraftNote, language: Language) -> None:
        raise RecordsError("records_unwritable", "The disk is full.")

    def waiting(self) -> Message | None:
        raise RecordsError("records_unreadable", "The disk is gone.")

    def told(self, message_id: str) -> None:
        raise AssertionError("nothing was told")


def test_a_note_that_could_not_be_kept_is_said_to_be_lost() -> None:
    made = play(with_notes(visit(), Broken()), lambda made: _greet_and_ask(made, DOSE))
    assert "medicine_to_clinician" in made.topics and "noted_down" not in made.topics
    assert "trouble_notes" in made.topics
    assert [fault.code for fault in made.of(Fault)] == ["records_unwritable"]


async def _greet_and_ask(made: Visit, text: str) -> None:
    await made.greeted()
    await ask(made, text)


# ---- messages --------------------------------------------------------------------------------------------------------


def approved(book: DraftBook, words: str) -> int:
    note = DraftNote("medicine", Sensitive("x"))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    number = book.add(note, bed="4", patient="Ann Li", visit="earlier", language="en", at=at)
    book.approve(number, words, who="Dr Wu", at=at)
    return number


def test_a_signed_message_is_said_after_a_yes_word_for_word_and_once() -> None:
    made, book = noting()
    number = approved(book, "You may take one tablet of paracetamol. Ask your nurse for it.")

    async def script(made: Visit) -> None:
        await made.greeted()
        assert "message_offer" in made.topics
        await ask(made, "yes")
        await ask(made, SALT)

    play(made, script)
    assert "You may take one tablet of paracetamol. Ask your nurse for it." in made.heard
    assert made.decisions().count("message_waiting") == 1
    assert book.find(number).told is not None


@pytest.mark.parametrize("answer", ["no", "how much salt can i eat in a day"])
def test_a_message_that_is_not_wanted_now_waits(answer: str) -> None:
    made, book = noting()
    number = approved(book, "You may take one tablet of paracetamol.")

    async def script(made: Visit) -> None:
        await made.greeted()
        await ask(made, answer)

    play(made, script)
    assert "paracetamol" not in made.heard
    assert book.find(number).told is None


def test_a_message_that_was_cut_off_was_not_told() -> None:
    made, book = noting()
    number = approved(book, "You may take one tablet of paracetamol. " * 5)

    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text("yes")
        await made.until(lambda: any(sentence.rung == "signed" for sentence in made.of(Sentence)))
        await made.clock.sleep(0.3)
        await ask(made, "stop")

    play(made, script)
    assert book.find(number).told is None


def test_no_message_is_offered_in_an_emergency() -> None:
    made, book = noting()
    approved(book, "All is fine.")

    async def script(made: Visit) -> None:
        made.conversation.hear_text("I have terrible chest pain")
        await made.settled()
        await made.clock.sleep(5)

    play(made, script)
    assert "message_offer" not in made.topics


# ---- reminders, the voice --------------------------------------------------------------------------------------------


def test_a_reminder_comes_when_it_is_due() -> None:
    made = visit()
    sentence = Sentence("Here is your reminder.", "en", "reminder", "phrase")

    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation._carry_out(Decision("x", "menu.waiting", "ask", (Remind(20.0, sentence),)), None)
        await made.clock.sleep(19.5)
        assert "reminder" not in made.topics
        await made.clock.sleep(1.0)
        await made.settled()

    play(made, script)
    assert made.topics.count("reminder") == 1


def test_a_reminder_does_not_speak_into_an_emergency() -> None:
    decider = machine(start="emergency.calling")
    assert decider.decide(ReminderDue(Sentence("x", "en", "reminder", "phrase"))) is None


@pytest.mark.parametrize(
    ("words", "adjust"),
    [("slower please", Adjust(0.8, 1.0)), ("speak louder", Adjust(1.0, 1.5)), ("说慢一点", Adjust(0.8, 1.0))],
)
def test_the_voice_is_adjusted_when_asked(words: str, adjust: Adjust) -> None:
    made = play(visit(), lambda made: _greet_and_ask(made, words))
    assert adjust in [effect for decision in made.of(Decision) for effect in decision.effects]


def test_slower_takes_longer_and_louder_is_louder() -> None:
    def sound(*adjustments: str) -> tuple[int, int]:
        made = visit(ms_per_character=20.0)

        async def script(made: Visit) -> None:
            await made.greeted()
            for words in adjustments:
                await ask(made, words)
            before = len(made.recording.robot)
            await ask(made, "hello")
            robot = np.concatenate(made.recording.robot[before:])
            found.append((int(np.count_nonzero(robot)), int(np.abs(robot.astype(int)).max())))

        found: list[tuple[int, int]] = []
        play(made, script)
        return found[0]

    usual, slow, loud = sound(), sound("slower please"), sound("speak louder")
    assert slow[0] == pytest.approx(usual[0] / 0.8, rel=0.05)
    assert loud[1] == pytest.approx(usual[1] * 1.5, rel=0.05)


def test_the_voice_stays_within_what_can_be_understood() -> None:
    made = visit()

    async def script(made: Visit) -> None:
        await made.greeted()
        for _ in range(12):
            await ask(made, "slower please")
            await ask(made, "speak louder")

    play(made, script)
    playback = made.conversation._playback
    assert (playback._pace, playback._volume) == (0.6, 3.0)
