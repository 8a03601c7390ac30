"""The patient agreed to what the robot guessed: now it is done."""

from __future__ import annotations

from robot.think.deeds.deed import Done, Turn


class ConfirmGuess:
    """Goes on with the intent that was asked back for."""

    def do(self, turn: Turn) -> Done:
        guessed = turn.memory.position.slots.pop("guessed", None)
        return Done(then=str(guessed)) if guessed is not None else Done()
