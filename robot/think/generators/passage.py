"""The rung that never fails: the reviewed passage, as written."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from robot.events import Answer


class PassageGenerator:
    """Answers with the best passage of the evidence, word for word."""

    name = "passage"

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        yield answer.evidence[0].text
