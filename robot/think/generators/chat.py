"""A turn as messages of user and assistant, for models that were made to chat."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.prompt import evidence as facts
from dialogs.prompt import one_line
from robot.events import Answer


def messages(system: str, answer: Answer) -> list[dict[str, str]]:
    """The persona, what was said before, and the question with its evidence as the user's last message.

    The patient's words and the passages stand on lines of their own, as in `dialogs.prompt`.
    """
    passages = [passage.text for passage in answer.evidence]
    # Facts as in the plain prompt, without the line that names who answers.
    asked = f"{one_line(answer.question)}{facts(passages, answer.language).rpartition(chr(10))[0]}"
    return [{"role": "system", "content": one_line(system)}, *_alternating([*answer.history, ("patient", asked)])]


def _alternating(turns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The user first, and nobody twice in a row: some models' templates refuse anything else."""
    found: list[dict[str, str]] = []
    for place, (role, text) in enumerate(turns):
        name = "user" if role == "patient" else "assistant"
        said = text if place == len(turns) - 1 else one_line(text)
        if found and found[-1]["role"] == name:
            found[-1]["content"] += f" {said}"
        elif found or name == "user":
            found.append({"role": name, "content": said})
    return found
