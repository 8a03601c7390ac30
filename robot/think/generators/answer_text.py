"""From the tokens of one answer to its text, as they come, and when the answer is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from robot.errors import GeneratorError

_LONGEST_PERIOD = 32
_REPEATS = 4
_LEAST_REPEATED = 12
"""Tokens that a repeated stretch has in all before it is a loop: "ha ha ha ha" is none."""
_UNFINISHED = "�"


class AnswerText:
    """Turns tokens into pieces of text. A piece never ends inside a character, nor inside what may be another's line.

    ends        tokens that end the answer
    labels      how a line begins that is not the robot's to write; the answer ends before it
    most        tokens at most
    """

    def __init__(self, tokenizer: Any, ends: Collection[int], labels: Sequence[str], most: int) -> None:
        self._tokenizer = tokenizer
        self._ends = ends
        self._labels = tuple(labels)
        self._most = most
        self._begun = 0
        """First token that the decoder is shown: those before it are text already."""
        self._told = 0
        self._held = ""
        self.tokens: list[int] = []
        self.done = False

    def push(self, token: int) -> str:
        """The text that `token` completes, often a word, sometimes nothing.

        Raises GeneratorError when the answer runs in a circle (`generator_repeats`), or has no end within its most
        tokens (`generator_unfinished`): half a sentence may say the opposite of the whole.
        """
        if token in self._ends:
            return self._finish()
        self.tokens.append(token)
        if loops(self.tokens):
            raise GeneratorError("generator_repeats", "The language model repeats itself without end.")
        if len(self.tokens) > self._most:
            raise GeneratorError("generator_unfinished", f"The answer has no end within {self._most} tokens.")
        return self._visible(self._decoded())

    def _decoded(self) -> str:
        """The new text. Only the last few tokens are decoded, the ones before told once more for their spacing."""
        before = self._text(self._begun, self._told)
        now = self._text(self._begun, len(self.tokens))
        if len(now) <= len(before) or now.endswith(_UNFINISHED):
            return ""
        self._begun, self._told = self._told, len(self.tokens)
        return now[len(before) :]

    def _text(self, start: int, end: int) -> str:
        return str(self._tokenizer.decode(self.tokens[start:end], skip_special_tokens=True))

    def _visible(self, text: str) -> str:
        """What may be said of the text held back and `text`; a line's end waits until the next line is known."""
        text = self._held + text
        at = text.find("\n")
        while at >= 0:
            line = text[at:].lstrip()
            if line.startswith(self._labels):
                self._held, self.done = "", True
                return text[:at]
            if not line or any(label.startswith(line) for label in self._labels):
                self._held = text[at:]
                return text[:at]
            at = text.find("\n", at + 1)
        self._held = ""
        return text

    def _finish(self) -> str:
        self.done = True
        rest, self._held = self._held, ""
        return rest.rstrip()


def loops(tokens: Sequence[int]) -> bool:
    """Whether the end of `tokens` is one stretch of at most 32 tokens, said four times or more."""
    count = len(tokens)
    for period in range(1, min(_LONGEST_PERIOD, count // _REPEATS) + 1):
        length = max(period * _REPEATS, _LEAST_REPEATED)
        if (
            count >= length
            and tokens[-1] == tokens[-1 - period]
            and tokens[count - length + period :] == tokens[count - length : count - period]
        ):
            return True
    return False
