"""A turn as the tokens that a model reads: by its own chat template if it has one, else as `dialogs.prompt` has it.

What does not fit into the window goes in this order: the oldest turns, the last evidence, the beginning of the
question. The question's end and the best evidence stay as long as anything does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robot.errors import GeneratorError
from robot.events import Answer, Language
from robot.think.generators.chat import Message, messages
from robot.think.generators.encode import encode, parts

Turns = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """`ids` are read before the answer; the first `shared` of them are the same in every conversation."""

    ids: list[int]
    shared: int


class PromptWriter:
    """Writes turns down for one model.

    persona   what the model is told first, by language
    room      most tokens that a prompt may have
    """

    def __init__(self, tokenizer: Any, persona: Mapping[Language, str], room: int) -> None:
        self._tokenizer = tokenizer
        self._persona = persona
        self._room = room
        self._control = _control_tokens(tokenizer)
        self._chat = bool(getattr(tokenizer, "chat_template", None))
        self._openings: dict[Language, list[int]] = {}

    def write(self, answer: Answer) -> PromptTokens:
        """The whole prompt, up to the place where the answer begins. Raises GeneratorError (`generator_failed`)."""
        history, question = self._words(answer)
        passages = [self._harmless(passage.text) for passage in answer.evidence]
        ids = self._fitted(history, question, passages, answer.language)
        if not ids:
            raise GeneratorError("generator_empty", "The tokenizer made nothing of the prompt.")
        return PromptTokens(ids, self._shared(answer.language, ids))

    def begin(self, answer: Answer) -> PromptTokens:
        """As much of the prompt as stands while the patient still speaks: nothing from the evidence on."""
        history, question = self._words(answer)
        if self._chat:
            bare = self._chat_ids(history, question, [], answer.language)
            more = self._chat_ids(history, f"{question} …", ["…"], answer.language)
            ids = bare[: _common(bare, more)]
        else:
            ids = encode(self._tokenizer, self._parts(history, question, [], answer.language)[:3])
        return PromptTokens(ids if len(ids) < self._room else [], self._shared(answer.language, ids))

    def _words(self, answer: Answer) -> tuple[Turns, str]:
        return [(role, self._harmless(text)) for role, text in answer.history], self._harmless(answer.question)

    def _harmless(self, text: str) -> str:
        """`text` without what the tokenizer would take for a control token: nobody ends a turn by naming its end."""
        return self._control.sub(" ", text)

    # ---- the window ----

    def _fitted(self, history: Turns, question: str, passages: list[str], language: Language) -> list[int]:
        history, passages = list(history), list(passages)
        while True:
            ids = self._ids(history, question, passages, language)
            if len(ids) <= self._room:
                return ids
            if history:
                del history[0]
            elif len(passages) > 1:
                passages.pop()
            else:
                break
        shorter = self._longest_end(question, lambda end: len(self._ids([], end, passages, language)) <= self._room)
        ids = self._ids([], shorter, passages, language)
        return ids if len(ids) <= self._room else ids[-self._room :]

    @staticmethod
    def _longest_end(text: str, fits: Callable[[str], bool]) -> str:
        """The longest end of `text` that fits, to a few characters, found by halving."""
        low, high = 0, len(text)
        while high - low > 4:
            middle = (low + high + 1) // 2
            if fits(text[-middle:]):
                low = middle
            else:
                high = middle - 1
        return text[-low:] if low else ""

    # ---- two ways to write ----

    def _ids(self, history: Turns, question: str, passages: Sequence[str], language: Language) -> list[int]:
        if self._chat:
            return self._chat_ids(history, question, passages, language)
        return encode(self._tokenizer, self._parts(history, question, passages, language))

    def _parts(
        self, history: Turns, question: str, passages: Sequence[str], language: Language
    ) -> tuple[str, str, str, str]:
        return parts(self._persona.get(language, ""), history, question, passages, language)

    def _chat_ids(self, history: Turns, question: str, passages: Sequence[str], language: Language) -> list[int]:
        """System, turns, and the question with its evidence as the last message of the user."""
        turns = messages(self._persona.get(language, ""), history, question, passages, language)
        from jinja2 import TemplateError

        try:
            try:
                return self._templated(turns)
            except TemplateError:
                # Some templates know no system message: it is said as the beginning of the user's.
                first = "\n\n".join(message["content"] for message in turns[:2])
                return self._templated([{"role": "user", "content": first}, *turns[2:]])
        except TemplateError as error:
            raise GeneratorError("generator_failed", "The model's chat template does not work.") from error

    def _templated(self, turns: list[Message]) -> list[int]:
        text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    # ---- what all conversations share ----

    def _shared(self, language: Language, ids: Sequence[int]) -> int:
        """How many of `ids` belong to the persona; 0 when the prompt had to be cut."""
        if language not in self._openings:
            if self._chat:
                one, other = (self._chat_ids([], question, [], language) for question in ("a b", "x y"))
                self._openings[language] = one[: _common(one, other)]
            else:
                self._openings[language] = encode(self._tokenizer, self._parts([], "", [], language)[:1])
        opening = self._openings[language]
        return len(opening) if list(ids[: len(opening)]) == opening else 0


def _control_tokens(tokenizer: Any) -> re.Pattern[str]:
    """Finds the tokenizer's special tokens where they are spelled out."""
    added = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    spelled = sorted({*tokenizer.all_special_tokens, *added}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, spelled)) or r"(?!)")


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
