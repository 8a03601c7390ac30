"""What the team signed is told, word for word."""

from __future__ import annotations

import re

from robot.events import MESSAGE, Message, Say, Sentence
from robot.think.deeds.deed import Done, Turn
from robot.think.understand import language_of

_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def as_sentences(message: Message) -> tuple[Sentence, ...]:
    """The message as it is said, a sentence at a time, in the language that it is written in."""
    parts = [part for part in _END.split(message.text.strip()) if part]
    language = language_of(message.text, message.language)
    return tuple(Sentence(part, language, f"{MESSAGE}{message.id}", "signed") for part in parts)


class TellMessage:
    """Says the message that was offered."""

    def do(self, turn: Turn) -> Done:
        message = turn.memory.message
        return Done() if message is None else Done((Say(as_sentences(message)),))
