"""What the team signed is told, word for word."""

from __future__ import annotations

import re

from robot.events import Say, Sentence
from robot.think.deeds.deed import Done, Turn

_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


class TellMessage:
    """Says the message that was offered, in its own language, a sentence at a time."""

    def do(self, turn: Turn) -> Done:
        message = turn.memory.message
        if message is None:
            return Done()
        parts = [part for part in _END.split(message.text.strip()) if part]
        topic = f"message.{message.id}"
        return Done((Say(tuple(Sentence(part, message.language, topic, "signed") for part in parts)),))
