"""Follow-up questions that make sense only after the one before: "and for my mother?", 那晚上呢.

    how much salt is healthy ─┐
    and for my mother ────────┴─► how much salt is healthy for my mother

Only retrieval reads the expanded question. What the patient said is screened, decided and recorded as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from robot.events import Language, Passage
from robot.stages import Retriever
from robot.think.terms import terms
from robot.think.understand import is_question

_LINK = r"(?:(?:and|but|or|so|then|also|ok|okay) )*"
_WHEN = "for|in|at|on|if|when|with|without|during|after|before|as|while"
_WHO = (
    r"(?:(?:my|a|an|the|our|his|her|their) )?(?:\w+ )?(?:mother|mum|mom|father|dad|husband|wife|partner|son|daughter"
    r"|child|children|kids?|baby|babies|brother|sister|grand\w+|women|woman|men|man|people|adults?|teenagers?|me|us|him)"
)
_REST = (
    r"why(?: not)?|how(?: so| come)?|how (?:much|many|often|long)(?: (?:of )?(?:it|that|them|those))?"
    r"|(?:since|until) when|why is (?:that|it)(?: so)?|(?:is|was) (?:that|it) \w+|are (?:they|those) \w+"
)
_FOLLOWS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(rf"^{_LINK}(?:(?:what|how) about .+|what if .+|(?:{_WHEN}) .+|{_WHO}|{_REST})$"),
    "zh": re.compile(
        r"^(?:那么?|还有)?(?:.{1,8}呢|为什么|怎么|怎么办|多少|多久|几次|多久一次)$|^(?:那么?|还有|要是|如果|换成).{1,8}$"
    ),
}
_NEW_TOPIC = re.compile(rf"^{_LINK}(?:what|how) about (?!(?:{_WHEN})\b|{_WHO}$)")
_LEAD: dict[Language, re.Pattern[str]] = {
    "en": re.compile(rf"^{_LINK}(?:(?:what|how) about |what if )?"),
    "zh": re.compile("^(?:那么?|还有)"),
}
_MOST_TERMS: dict[Language, int] = {"en": 4, "zh": 12}
"""A longer text says by itself what it is about. In Chinese a word of two characters makes three terms."""
_LONGEST = 300
"""Characters of the earlier question that are used, from its end: people come to the point last."""


def expand(question: str, history: Sequence[tuple[str, str]], language: Language) -> str:
    """`question` behind the patient's earlier one where it cannot stand alone; else `question` as it is.

    `history` holds pairs of role ("patient", "robot") and text, oldest first, without `question` itself.
    """
    if not is_follow_up(question, language):
        return question
    for role, text in reversed(history):
        if role == "patient" and not is_follow_up(text, language):
            if is_question(text) or len(terms(text, language)) > 1:
                joint = "" if language == "zh" else " "
                return _bare(text)[-_LONGEST:] + joint + _LEAD[language].sub("", _bare(question))
            return question
    return question


def look_up(
    retriever: Retriever, question: str, history: Sequence[tuple[str, str]], language: Language, k: int = 3
) -> list[tuple[Passage, float]]:
    """The passages for what `question` means after `history`; `k` and the result are those of `Retriever.retrieve`."""
    meant = expand(question, history, language)
    found = retriever.retrieve(meant, language, k)
    if meant != question and may_change_topic(question, language):
        alone = retriever.retrieve(question, language, k)
        return max(found, alone, key=lambda passages: passages[0][1] if passages else 0.0)
    return found


def is_follow_up(text: str, language: Language) -> bool:
    """Whether `text` has the form of a question of which a part was said before."""
    return bool(_FOLLOWS[language].search(_bare(text))) and len(terms(text, language)) <= _MOST_TERMS[language]


def may_change_topic(text: str, language: Language) -> bool:
    """Whether a follow-up may be about something new ("what about coffee"), not the same for others or another time.

    In Chinese the form does not tell: 那咖啡呢, 那晚上呢.
    """
    return language == "zh" or bool(_NEW_TOPIC.search(_bare(text)))


def _bare(text: str) -> str:
    """Lower case, without punctuation, single spaces."""
    return " ".join(re.sub(r"[^\w\s'’-]", " ", text.lower()).split())
