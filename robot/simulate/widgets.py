"""The pieces of the live view. Each draws plain values; every state is a word, never only a colour."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from hardware.audio import SILENCE_DB
from hardware.ports import Floor
from robot.events import Sentence, Spoken, TurnTimed
from robot.simulate.scenario import TurnRecord
from robot.simulate.watch import Watch

FLOORS: dict[Floor, tuple[str, str]] = {
    "nobody": ("nobody", "black on white"),
    "patient": ("you talk", "black on #76aeff"),
    "thinking": ("thinking", "black on #f0b357"),
    "robot": ("robot talks", "black on #4fcac2"),
    "paused": ("paused", "black on #e08fd9"),
}
_STAGE_COLOURS = {
    "endpoint": "#a3b2c4",
    "recognize": "#76aeff",
    "decide": "#e08fd9",
    "compose": "#f0b357",
    "play": "#4fcac2",
}
_QUIET_DB = -66.0
_LOUD_DB = -6.0
_LABEL_WIDTH = 7
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Steady(Static):
    """Text that keeps its size: drawn only when it changed, and without a new layout of the screen."""

    _shown: Text | None = None

    def show_text(self, text: Text) -> None:
        if text != self._shown:
            self._shown = text
            self.update(text, layout=False)


class FloorBar(Steady):
    """Who has the floor: five cells, one of them filled, in capitals and between arrows."""

    def show(self, floor: Floor) -> None:
        cell = max(8, self.size.width // len(FLOORS))
        blank, words = Text(no_wrap=True), Text(no_wrap=True)
        for name, (word, style) in FLOORS.items():
            here = name == floor
            words.append(f"▶ {word.upper()} ◀".center(cell) if here else word.center(cell), style if here else "dim")
            blank.append(" " * cell, style if here else "")
        self.show_text(Text("\n").join([blank, words, blank]) if self.size.height >= 3 else words)


class Meters(Steady):
    """How loud the microphone hears and the speaker sounds, in dB below full scale."""

    def show(self, microphone_db: float | None, speaker_db: float) -> None:
        """`microphone_db` None: unplugged."""
        width = max(8, (self.size.width - 46) // 2)
        text = Text("microphone ", no_wrap=True)
        if microphone_db is None:
            text.append("unplugged".center(width + 9, "╌"), "bold")
        else:
            text.append_text(_meter(microphone_db, width, "#76aeff"))
        text.append("   speaker ")
        text.append_text(_meter(speaker_db, width, "#4fcac2"))
        self.show_text(text)


def _meter(level_db: float, width: int, colour: str) -> Text:
    share = min(1.0, max(0.0, (level_db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)))
    shown = "silent" if level_db <= SILENCE_DB else f"{level_db:.0f} dB"
    return Text.assemble("▕", (bar(share, width).ljust(width), colour), "▏", shown.rjust(7))


def bar(share: float, width: int) -> str:
    """`share` (0…1) of `width` characters, to the eighth of one."""
    eighths = round(share * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


class Stages(Steady):
    """Where the milliseconds of the last turn went."""

    def show(self, timed: TurnTimed | None) -> None:
        if timed is None:
            self.show_text(Text("no turn yet", "dim"))
            return
        text = Text(no_wrap=True).append(f"{timed.voice_to_voice:.0f} ms voice to voice", "bold")
        longest = max([*timed.stages.values(), 1.0])
        width = max(4, self.size.width - 20)
        for stage, took in timed.stages.items():
            text.append(f"\n{stage:<10}{took:>5.0f} ms ")
            text.append(bar(took / longest, width) or "▏", _STAGE_COLOURS.get(stage, ""))
        self.show_text(text)


class Card(Static):
    """One turn: typed, heard, answered, and what was decided. `plain` is what stands on it."""

    def __init__(self, turn: TurnRecord) -> None:
        super().__init__()
        self.turn = turn
        self.plain = ""
        self.show_turn(turn, [], "")

    def refresh_from(self, watch: Watch, *, latest: bool) -> None:
        """Draw again if something changed."""
        spoken = [(sentence, watch.spoken(sentence)) for sentence in self.turn.sentences]
        self.show_turn(self.turn, spoken, watch.partial if latest else "")

    def show_turn(self, turn: TurnRecord, spoken: Sequence[tuple[Sentence, Spoken | None]], partial: str = "") -> None:
        rows: list[tuple[str, Text]] = []
        if turn.said:
            rows.append(("did" if turn.said.startswith("(") else "typed", Text(turn.said, "bold")))
        if turn.heard:
            rows.append(("heard", compare(turn.said, turn.heard)))
        if partial:
            rows.append(("hears", Text(f"{partial} …", "italic")))
        if spoken:
            rows.append(("robot", answer(spoken)))
        if facts := facts_of(turn):
            rows.append(("", Text(facts, "dim")))
        plain = "\n".join(f"{label:<{_LABEL_WIDTH}}{text.plain}" for label, text in rows)
        if plain == self.plain:
            return
        self.plain = plain
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_LABEL_WIDTH - 1, no_wrap=True)
        table.add_column()
        for label, text in rows:
            table.add_row(Text(label, "dim"), text)
        self.update(table)


def compare(said: str, heard: str) -> Text:
    """`heard`, with `=` before it when the words are the same and `≠` when not; other words are underlined."""
    wanted, got = _words(said), heard.split()
    plain = [" ".join(_words(word)) for word in got]
    same = {
        index
        for block in difflib.SequenceMatcher(a=wanted, b=plain, autojunk=False).get_matching_blocks()
        for index in range(block.b, block.b + block.size)
    }
    if not said or said.startswith("("):
        return Text(heard)
    text = Text().append("= " if wanted == plain else "≠ ", "bold")
    for index, word in enumerate(got):
        text.append(word, "" if index in same else "bold underline #ff8f87")
        text.append(" " if index + 1 < len(got) else "")
    return text


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def answer(spoken: Sequence[tuple[Sentence, Spoken | None]]) -> Text:
    """The reply: what was heard of it, a bar `▏` where it is now, the rest dim; `✂` where it was cut off."""
    text = Text()
    shown = False
    for sentence, so_far in spoken:
        heard = "" if so_far is None else so_far.heard
        rest = sentence.text[len(heard) :]
        text.append(" " if text and heard else "").append(heard)
        if not rest:
            continue
        cut = so_far is not None and so_far.interrupted
        if cut and not shown:
            text.append(" ✂", "bold #ff8f87")
        elif not cut and not shown:
            text.append("▏", "bold #4fcac2")
        shown = True
        text.append("" if heard and rest[0] != " " else " ").append(rest.strip(), "dim strike" if cut else "dim")
    return text


def facts_of(turn: TurnRecord) -> str:
    """Intent, state, source, rung, red flags, nurse, latency — those that there are."""
    decision = turn.decision
    facts = [f"{decision.intent} → {turn.state}", decision.action] if decision else []
    facts += [f"RED FLAG {', '.join(dict.fromkeys(turn.red_flags))}"] if turn.red_flags else []
    facts += [f"nurse {turn.nurse}"] if turn.nurse != "none" else []
    facts += [f"source {', '.join(turn.sources)}"] if turn.sources else []
    facts += [f"rung {'+'.join(turn.rungs)}"] if turn.rungs else []
    facts += ["interrupted the robot"] if turn.interrupted else []
    if turn.timed is not None:
        parts = " + ".join(f"{stage} {took:.0f}" for stage, took in turn.timed.stages.items() if took >= 0.5)
        facts += [f"{turn.timed.voice_to_voice:.0f} ms = {parts}"]
    return " · ".join(facts)
