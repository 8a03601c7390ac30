"""What all deeds have in common: what they are given, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialogs.model import Move
from robot.events import Action, Effect, Language, Sensitive, Urgency
from robot.think.interpret import Meaning
from robot.think.memory import Memory


@dataclass(frozen=True, slots=True)
class Turn:
    """One move that was made: on which words, with which meaning, and what is remembered."""

    move: Move
    words: Sensitive
    meaning: Meaning
    memory: Memory

    @property
    def language(self) -> Language:
        return self.memory.language


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a deed.

    effects  carried out before what the move says
    then     an intent for which a further move is made
    action, urgency   of the decision, where the deed knows better than the move
    silent   the move's own phrases are left out
    """

    effects: tuple[Effect, ...] = ()
    then: str | None = None
    action: Action | None = None
    urgency: Urgency | None = None
    silent: bool = False


class Deed(Protocol):
    """Pure but for the memory: it says what is to be done and does nothing."""

    def do(self, turn: Turn) -> Done: ...
