"""How a turn is written down for a language model: the same words in training and at the bedside.

    persona ─ what was said before ─ Patient: question ─ Facts: evidence ─ Robot: answer

Everything that is known early stands early, so that a model can read it before the patient has finished: the persona
once a process, the history while the robot still speaks, the question while the patient does. Only the evidence has to
wait for the last word. Evidence of earlier turns is not repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Language = Literal["en", "zh"]

_PATIENT: dict[Language, str] = {"en": "Patient: ", "zh": "病人："}
_FACTS: dict[Language, str] = {"en": "Facts:", "zh": "资料："}
_ROBOT: dict[Language, str] = {"en": "Robot: ", "zh": "机器人："}


def opening(system: str) -> str:
    """The persona's text: the part of a prompt that all conversations in one language share."""
    return f"{one_line(system)}\n"


def said(history: Sequence[tuple[str, str]], language: Language) -> str:
    """What was said before, one line a turn; `history` holds pairs of role ("patient", "robot") and text."""
    return "".join(f"{_label(role, language)}{one_line(text)}\n" for role, text in history)


def asked(question: str, language: Language) -> str:
    """The patient's words; without the line's end, because more of them may follow."""
    return f"{_PATIENT[language]}{one_line(question)}"


def evidence(passages: Sequence[str], language: Language) -> str:
    """What the answer may be made of, best first, up to the place where the answer begins."""
    facts = "".join(f"\n- {one_line(passage)}" for passage in passages)
    return f"\n{_FACTS[language]}{facts}\n{_ROBOT[language].rstrip()}"


def answer(text: str, language: Language) -> str:
    """What follows `evidence` in training; the model's end-of-text token comes after it."""
    space = " " if language == "en" else ""
    return f"{space}{one_line(text)}"


def prompt(
    system: str, history: Sequence[tuple[str, str]], question: str, passages: Sequence[str], language: Language
) -> str:
    """The whole of it, up to the place where the answer begins."""
    return opening(system) + said(history, language) + asked(question, language) + evidence(passages, language)


def one_line(text: str) -> str:
    """`text` in a single line, so that no patient and no passage can write a line that looks like another's."""
    return " ".join(text.split())


def _label(role: str, language: Language) -> str:
    return (_PATIENT if role == "patient" else _ROBOT)[language]
