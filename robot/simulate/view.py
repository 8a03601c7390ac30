"""The screen of the live simulator: you type as the patient, and see what the robot hears, thinks and says.

The view lives on the conversation's own loop. It draws ten times a second from a `Watch`, so that nothing of the main
path ever waits for the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Input, RichLog, Static

from hardware.audio import SILENCE_DB, level_db
from hardware.room import Room
from robot.conversation import Conversation
from robot.simulate.typed_patient import WAIT, TypedPatient
from robot.simulate.watch import Watch
from robot.simulate.widgets import Card, FloorBar, Meters, Stages, Steady

REFRESH_FRAMES = 5
"""Frames of the room between two pictures: ten pictures a second."""
_ADDED_NOISE_DB = 10.0
_FALL_DB = 6.0
"""How far a meter falls between two pictures: peaks stay visible, silence is reached in a second."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the view shows and acts on."""

    conversation: Conversation
    room: Room
    watch: Watch
    patient: TypedPatient
    title: str
    noise_snr_db: float | None = None
    note: str = ""


class LiveView(App[None]):
    """The screen: floor and levels above, the turns in the middle, where to type below."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "Bedside simulator"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 — Textual declares it for instances
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "interrupt", "Interrupt"),
        Binding("f3", "noise", "Noise"),
        Binding("f4", "microphone", "Microphone"),
        Binding("f5", "button", "Call button"),
        Binding("f6", "clear", "Staff clears"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]
    CSS = """
    #title { height: 1; padding: 0 1; text-style: bold; background: $panel; }
    FloorBar { height: 3; margin: 1 1 0 1; }
    Meters { height: 1; margin: 0 1; }
    .-high Meters { margin: 1 1; }
    #line { height: 1; padding: 0 1; display: none; }
    #turns { padding: 0 1; scrollbar-size-vertical: 1; }
    Card { height: auto; margin-bottom: 1; }
    #side { width: 44; border-left: solid $panel-lighten-2; padding: 0 1; }
    #side .head { text-style: bold; color: $text-muted; }
    #status { height: 5; margin-bottom: 1; }
    Stages { height: 6; margin-bottom: 1; }
    RichLog { height: 1fr; background: transparent; overflow-x: hidden; scrollbar-size-vertical: 1; }
    #note { height: auto; padding: 0 1; text-style: italic; display: none; }
    #note.shown { display: block; }
    .-low FloorBar { height: 1; margin: 0 1; }
    .-narrow #side { display: none; }
    .-narrow #line { display: block; }
    """

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live
        self._lines_shown = 0
        self._noisy = False
        self._microphone_db = self._speaker_db = SILENCE_DB

    def compose(self) -> ComposeResult:
        yield Static(self._live.title, id="title", markup=False)
        yield FloorBar()
        yield Meters()
        yield Steady(id="line", markup=False)
        with Horizontal():
            yield VerticalScroll(id="turns", can_focus=False)
            with Vertical(id="side"):
                yield Static("Now", classes="head")
                yield Steady(id="status", markup=False)
                yield Static("Last turn", classes="head")
                yield Stages()
                yield Static("Events", classes="head")
                yield RichLog(wrap=True, max_lines=500, min_width=20)
        yield Static(id="note", markup=False)
        yield Input(placeholder="Type what the patient says, then Enter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(RichLog).can_focus = False
        self.query_one("#turns", VerticalScroll).anchor()
        self.query_one(Input).focus()
        self._note(self._live.note)
        self._live.room.every_frame.append(self._measure)
        self.run_worker(self._until_over())

    def on_unmount(self) -> None:
        self._live.room.every_frame.remove(self._measure)

    async def _until_over(self) -> None:
        """A defect in the conversation ends the view, loudly."""
        await self._live.conversation.ended()
        self._live.watch.over = True

    # ---- what the person does ----

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        event.input.clear()
        if text and not self._live.watch.over:
            self.run_worker(self._say(text))

    async def _say(self, text: str, *, loud: bool = False) -> None:
        self._note(await self._live.patient.say(text, loud=loud) or self._live.note)

    def action_interrupt(self) -> None:
        if not self._live.watch.over:
            self.run_worker(self._say(WAIT, loud=True))

    def action_noise(self) -> None:
        self._noisy = not self._noisy
        self._live.room.set_noise(_ADDED_NOISE_DB if self._noisy else self._live.noise_snr_db)

    def action_microphone(self) -> None:
        self._live.patient.toggle_microphone()

    def action_button(self) -> None:
        if not self._live.watch.over:
            self._live.patient.press_button()

    def action_clear(self) -> None:
        if not self._live.watch.over:
            self._live.patient.clear_emergency()

    # ---- drawing ----

    def _measure(self) -> None:
        """Once a frame: the peaks of the two levels; now and then a picture, drawn by the app's own task."""
        parts = self._live.conversation.parts
        self._microphone_db = max(self._microphone_db, parts.listener.level_db)
        if self._live.room.speaker.sounding.size:
            self._speaker_db = max(self._speaker_db, level_db(self._live.room.speaker.sounding))
        if self._live.room.frame % REFRESH_FRAMES == 0:
            self.call_next(self.draw)

    def draw(self) -> None:
        """One picture of now; nothing while the screen is being closed."""
        if not self.query(FloorBar):
            return
        live, watch = self._live, self._live.watch
        watch.note_spoken(live.conversation.saying)
        self.query_one(FloorBar).show(watch.floor)
        plugged = live.room.microphone.plugged
        self.query_one(Meters).show(self._microphone_db if plugged else None, self._speaker_db)
        self._microphone_db = max(SILENCE_DB, self._microphone_db - _FALL_DB)
        self._speaker_db = max(SILENCE_DB, self._speaker_db - _FALL_DB)
        noise = f"noise {_ADDED_NOISE_DB:.0f} dB below speech" if self._noisy else "no added noise"
        state = "the conversation is over" if watch.over else watch.state
        self.query_one("#line", Steady).show_text(Text(f"{state} · nurse: {watch.nurse} · {noise}"))
        status = (("dialog", state), ("nurse", watch.nurse), ("room", noise))
        microphone = (("mic", "plugged in" if plugged else "UNPLUGGED"), ("rung", "+".join(watch.turns[-1].rungs)))
        self.query_one("#status", Steady).show_text(
            Text("\n".join(f"{name:<7}{value}" for name, value in status + microphone))
        )
        self.query_one(Stages).show(watch.last_timed)
        self._draw_log()
        self._draw_turns()
        if watch.over:
            self.query_one(Input).placeholder = "The conversation is over. Ctrl+Q leaves."

    def _draw_log(self) -> None:
        """New events; they wait while the log is hidden, because it would wrap them to a width of nothing."""
        log = self.query_one(RichLog)
        if not log.size.width:
            return
        new = min(self._live.watch.lines_told - self._lines_shown, len(self._live.watch.lines))
        self._lines_shown = self._live.watch.lines_told
        for at, line in list(self._live.watch.lines)[-new:] if new else []:
            text = Text.assemble((f"{at:6.1f} ", "dim"), line)
            text.truncate(log.size.width - 1, overflow="ellipsis")
            log.write(text)

    def _draw_turns(self) -> None:
        """Cards for turns that have none yet; all of the last two are drawn again, for the reply that goes on."""
        watch = self._live.watch
        column = self.query_one("#turns", VerticalScroll)
        shown = [*watch.turns, *([watch.waiting] if watch.waiting else [])]
        cards = list(column.query(Card))
        new = [Card(turn) for turn in shown[len(cards) :]]
        if new:
            column.mount(*new)
        cards += new
        for card in cards[-3:]:
            card.refresh_from(watch, latest=card is cards[-1])

    def _note(self, text: str) -> None:
        note = self.query_one("#note", Static)
        note.update(text)
        note.set_class(bool(text), "shown")
