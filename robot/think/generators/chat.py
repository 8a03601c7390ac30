"""A turn as messages of user and assistant, for models that were made to chat."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.prompt import evidence, one_line
from robot.events import Language

Message = dict[str, str]


def messages(
    system: str, history: Sequence[tuple[str, str]], question: str, passages: Sequence[str], language: Language
) -> list[Message]:
    """The persona, what was said before, and the question with its evidence as the user's last message.

    The patient's words and the passages stand on lines of their own, as in `dialogs.prompt`. Without a persona there is
    no system message.
    """
    # Facts as in the plain prompt, without the line that names who answers.
    facts = evidence(passages, language).rpartition("\n")[0] if passages else ""
    turns = [*((role, one_line(text)) for role, text in history), ("patient", one_line(question) + facts)]
    first = [{"role": "system", "content": one_line(system)}] if system else []
    return [*first, *_alternating(turns)]


def _alternating(turns: Sequence[tuple[str, str]]) -> list[Message]:
    """The user first, and nobody twice in a row: some models' templates refuse anything else."""
    found: list[Message] = []
    for role, text in turns:
        name = "user" if role == "patient" else "assistant"
        if found and found[-1]["role"] == name:
            found[-1]["content"] += f" {text}"
        elif found or name == "user":
            found.append({"role": name, "content": text})
    return found
