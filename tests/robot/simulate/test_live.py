"""The live simulator, driven by keys on virtual time: what is typed is heard and answered, and every key acts."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Sequence

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, RichLog, Static

from hardware.clock import SimulatedClock
from hardware.patient_voice import INSTALL
from hardware.ports import HardwareError
from hardware.room import Room
from robot.blocking import Blocking
from robot.events import Decision, Sentence, Spoken, TurnTimed
from robot.simulate.scenario import TurnRecord
from robot.simulate.typed_patient import Render, TypedPatient, patient_voice
from robot.simulate.view import Live, LiveView
from robot.simulate.watch import Watch
from robot.simulate.widgets import Card, FloorBar, answer, bar, compare, facts_of
from tests.robot.simulate.toy import converse, tone


class Stage:
    """A view on a running conversation, and a person at its keyboard."""

    def __init__(self, clock: SimulatedClock, live: Live, view: LiveView, pilot: Pilot[None]) -> None:
        self.clock = clock
        self.live = live
        self.view = view
        self.pilot = pilot

    async def wait(self, seconds: float) -> None:
        """Let so much time pass in the room, and draw."""
        await self.clock.sleep(seconds)
        self.view.draw()
        await self.pilot.pause(0)

    async def quiet(self) -> None:
        """Wait until the robot has nothing more to say."""
        for _ in range(120):
            await self.wait(0.5)
            if self.live.conversation.settled and not self.live.room.talking and self.live.watch.waiting is None:
                return
        raise AssertionError("the robot never gave the floor back")

    async def type(self, text: str) -> None:
        self.view.query_one(Input).value = text
        await self.pilot.press("enter")

    def cards(self) -> list[str]:
        return [card.plain for card in self.view.query(Card)]

    def shows(self, selector: str) -> str:
        return str(self.view.query_one(selector, Static).render())


def play(
    part: Callable[[Stage], Awaitable[None]],
    texts: Sequence[str] = ("",),
    *,
    render: Render | None = lambda _: tone(1.0),
    size: tuple[int, int] = (120, 40),
    note: str = "",
) -> None:
    clock = SimulatedClock()

    async def main() -> None:
        room = Room(clock, noise_snr_db=None, echo_gain_db=None)
        watch = Watch(clock)
        conversation = converse(clock, room, texts, observers=(watch,))
        patient = TypedPatient(conversation, room, watch, render, Blocking(inline=True).strand("voice"))
        live = Live(conversation, room, watch, patient, "A room", note=note)
        async with conversation:
            view = LiveView(live)
            async with view.run_test(size=size) as pilot:
                stage = Stage(clock, live, view, pilot)
                await stage.quiet()
                await part(stage)

    clock.run(main())


def test_a_typed_sentence_is_heard_and_answered() -> None:
    async def part(stage: Stage) -> None:
        assert "Hello, I am Bedside." in stage.cards()[0]
        await stage.type("How much salt is too much in a day?")
        await stage.wait(0.4)
        assert stage.cards()[-1] == "typed  How much salt is too much in a day?"
        assert "▶ YOU TALK ◀" in str(stage.view.query_one(FloorBar).render())
        await stage.wait(3)
        assert "▶ ROBOT TALKS ◀" in str(stage.view.query_one(FloorBar).render())
        said = stage.cards()[-1]
        assert "heard  ≠ how much salt is too much in a bay" in said
        assert "▏" in said, "a bar shows how far the answer has got"
        await stage.quiet()
        said = stage.cards()[-1]
        assert "Adults should eat less than 5 g of salt a day." in said
        assert "▏" not in said
        assert "question → question.answered · answer · source diet-salt-who · rung passage" in said
        assert "820 ms = endpoint 800 + play 20" in said
        assert "▶ NOBODY ◀" in str(stage.view.query_one(FloorBar).render())
        log = "\n".join(line.text for line in stage.view.query_one(RichLog).lines)
        assert "first sound after 820 ms" in log

    play(part, ["how much salt is too much in a bay"])


def test_the_interrupt_key_cuts_the_robot_off_and_shows_where() -> None:
    async def part(stage: Stage) -> None:
        await stage.type("How much salt?")
        await stage.wait(3)
        await stage.pilot.press("f2")
        await stage.quiet()
        asked, stopped = stage.cards()[-2:]
        assert "✂" in asked
        assert "robot  All right, I have stopped." in stopped
        assert "interrupted the robot" in stopped

    play(part, ["how much salt", "wait please stop"])


def test_the_emergency_keys_call_a_nurse_and_clear() -> None:
    async def part(stage: Stage) -> None:
        await stage.pilot.press("f5")
        await stage.wait(1)
        assert "delivered, not answered yet" in stage.shows("#status")
        await stage.wait(8)
        assert "nurse is coming" in stage.shows("#status")
        assert "(call button)" in stage.cards()[-1]
        await stage.type("I have a pain in my chest")
        await stage.wait(10)
        await stage.quiet()
        assert "RED FLAG chest_pain" in stage.cards()[-1]
        assert "emergency." in stage.shows("#status")
        await stage.pilot.press("f6")
        await stage.quiet()
        assert "menu.waiting" in stage.shows("#status")
        assert "no call" in stage.shows("#status")

    play(part, ["I have a pain in my chest"])


def test_noise_and_microphone_keys_change_the_room() -> None:
    async def part(stage: Stage) -> None:
        await stage.pilot.press("f3")
        await stage.wait(0.2)
        assert "noise 10 dB below speech" in stage.shows("#status")
        assert stage.live.conversation.parts.listener.level_db > -50
        await stage.pilot.press("f3")
        await stage.wait(0.2)
        assert stage.live.conversation.parts.listener.level_db < -90
        await stage.pilot.press("f4")
        await stage.wait(0.2)
        assert not stage.live.room.microphone.plugged
        assert "unplugged" in stage.shows("Meters")
        assert "UNPLUGGED" in stage.shows("#status")
        await stage.pilot.press("f4")
        await stage.wait(0.2)
        assert stage.live.room.microphone.plugged
        assert "unplugged" not in stage.shows("Meters")

    play(part, ["noise"])


def test_without_a_voice_the_words_go_in_as_text_and_the_note_names_the_command() -> None:
    async def part(stage: Stage) -> None:
        assert INSTALL in stage.shows("#note")
        await stage.type("How much salt is too much?")
        await stage.wait(0.2)
        assert "heard  = How much salt is too much?" in stage.cards()[-1]
        await stage.quiet()
        assert "diet-salt-who" in stage.cards()[-1]

    play(part, render=None, note=f"Run: {INSTALL}")


def test_a_sentence_that_the_voice_cannot_say_goes_in_as_text() -> None:
    def broken(text: str) -> None:
        raise HardwareError("patient_voice_failed", "The voice failed.", "Try other words.")

    async def part(stage: Stage) -> None:
        await stage.type("Hello")
        await stage.wait(0.2)
        assert "The voice failed. It was handed over as text." in stage.shows("#note")
        assert "heard  = Hello" in stage.cards()[-1]

    play(part, render=broken)  # type: ignore[arg-type]


def test_chinese_goes_in_as_text() -> None:
    async def part(stage: Stage) -> None:
        await stage.type("你好")
        await stage.wait(0.2)
        assert "no Chinese" in stage.shows("#note")
        assert "heard  = 你好" in stage.cards()[-1]

    play(part)


def test_a_small_terminal_shows_everything_that_matters() -> None:
    async def part(stage: Stage) -> None:
        await stage.type("How much salt is too much?")
        await stage.wait(3)
        view = stage.view
        assert view.size == (80, 24)
        assert not view.query_one("#side").display
        assert "question.answered · nurse: no call" in stage.shows("#line")
        assert "▶ ROBOT TALKS ◀" in str(view.query_one(FloorBar).render())
        newest = view.query(Card).last()
        assert newest.region.bottom <= view.query_one(Input).region.y, "the newest turn is in sight"
        assert newest.region.height >= 3
        keys = "".join(str(key.render()) for key in view.query("FooterKey").results(Static)) or view.export_screenshot()
        assert "clears" in keys
        await stage.pilot.resize_terminal(120, 40)
        await stage.wait(0.2)
        assert view.query_one("#side").display

    play(part, ["how much salt is too much"], size=(80, 24))


def test_goodbye_ends_the_conversation_but_not_the_view() -> None:
    async def part(stage: Stage) -> None:
        await stage.type("Goodbye")
        await stage.quiet()
        await stage.wait(0.5)
        assert "the conversation is over" in stage.shows("#status")
        turns = len(stage.cards())
        await stage.type("Hello?")
        await stage.pilot.press("f2", "f5", "f6")
        await stage.wait(1)
        assert len(stage.cards()) == turns
        await stage.pilot.press("ctrl+q")
        assert stage.view.return_code == 0

    play(part, ["goodbye"])


def test_leaving_in_mid_sentence_ends_at_once() -> None:
    async def part(stage: Stage) -> None:
        await stage.type("How much salt is too much?")
        await stage.wait(3)
        assert stage.live.watch.floor == "robot"
        await stage.pilot.press("ctrl+q")

    play(part, ["how much salt is too much"])


def test_ears_of_text_need_no_voice() -> None:
    render, note = patient_voice("text")
    assert render is None
    assert "text" in note


def test_a_missing_voice_program_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    render, note = patient_voice("voice")
    assert render is None
    assert INSTALL in note


def test_words_that_were_heard_otherwise_are_marked() -> None:
    assert compare("I feel fine, thanks.", "i feel fine thanks").plain == "= i feel fine thanks"
    wrong = compare("no salt for me", "go salt or me")
    assert wrong.plain == "≠ go salt or me"
    marked = [wrong.plain[span.start : span.end] for span in wrong.spans if "underline" in str(span.style)]
    assert marked == ["go", "or"]


def test_an_answer_shows_what_was_heard_of_it() -> None:
    one, two = Sentence("Drink water.", "en", "t", "phrase"), Sentence("Rest well.", "en", "t", "phrase")
    assert answer([(one, Spoken(one, "Drink", False)), (two, None)]).plain == "Drink▏ water. Rest well."
    assert answer([(one, Spoken(one, one.text, False)), (two, None)]).plain == "Drink water.▏ Rest well."
    assert answer([(one, Spoken(one, "", True)), (two, Spoken(two, "", True))]).plain == " ✂ Drink water. Rest well."
    assert answer([(one, Spoken(one, one.text, False))]).plain == "Drink water."


@pytest.mark.parametrize(("share", "drawn"), [(0.0, ""), (0.5, "████"), (1.0, "████████"), (1 / 64, "▏")])
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    assert bar(share, 8) == drawn


def test_the_facts_of_a_turn_leave_out_what_there_is_not() -> None:
    turn = TurnRecord(1, "x", decisions=[Decision("greet", "menu.waiting", "ask")])
    assert facts_of(turn) == "greet → menu.waiting · ask"
    turn.timed = TurnTimed(1, 100.2, {"endpoint": 100.0, "decide": 0.2})
    assert facts_of(turn).endswith("100 ms = endpoint 100")
