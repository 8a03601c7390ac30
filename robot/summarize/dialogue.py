"""What a conversation states. A short answer takes its content from the question before it.

Doctor: Any fever or chills?   Patient: No.          →  denies "fever or chills", with both as source
Doctor: How old are you?       Patient: Seventy.     →  answers "How old are you? – Seventy."
Patient: My knee hurts.                              →  says "My knee hurts."
Doctor: I'll order an X-ray.                         →  clinician "I'll order an X-ray."
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from dialogs.summary import shipped
from robot.summarize.parts import Part
from robot.summarize.statement import How, Statement, section_of, tidy
from robot.summarize.weigh import STOP, tells, terms

_OPEN = r"^(?:\W|okay|ok|alright|all right|so|now|and|um|uh|well|but|great|good|perfect|then|also|or|you know|i see)*"
_QUESTION = re.compile(
    _OPEN
    + r"(?:any|have|has|had|do|does|did|are|is|were|was|can|could|how|what|when|where|who|which|why|would|will)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(
    _OPEN + r"(?:how(?! about)|what(?!(?:'s)? about)|when|where|who|which|why|tell me)\b", re.IGNORECASE
)
_NEGATED = re.compile(
    r"\b(?:no|not|never|without|don't|isn't|aren't|haven't|didn't|doesn't|won't|can't)\b|n't\b|不|没|无|未"
)
_NO = re.compile(
    r"^(?:\W|um|uh|well|oh|okay|mm|so)*(?:(?:no|nope|nah|none|never|negative)\b(?! (?:longer|problem|doubt|matter))"
    r"|not (?:that|really|at all|any|yet|so far|lately|recently)\b"
    r"|i (?:do|have|did|am|was)(?: n't|n't|n’t| not)(?: think so)?(?=\s*(?:[.,]|$))"
    r"|(?:没有?|不|无|否)(?!舒服|知道|清楚))",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:\W|um|uh|well|oh|okay|so)*(?:(?:yes|yeah|yep|yup|yea|correct|right|uh-huh|mm-?hmm|um hum|sure|absolutely"
    r"|definitely|exactly|of course)\b|(?:i do|i have|i am|it does|it is|that's right|that is correct)(?=\s*(?:[.,]|$))"
    r"|(?:是的?|有的?|对的?|会的?|嗯)(?=[，。,.！]|$))",
    re.IGNORECASE,
)
_ANY_YES = re.compile(r"\b(?:yes|yeah|yep|yup)\b|(?<!不)是的|对的", re.IGNORECASE)
_ANY_NO = re.compile(r"\b(?:no|nope|nah|not|never)\b|n't\b|n’t\b|没|不", re.IGNORECASE)
_BUT = re.compile(
    r"\b(?:but|just|except|only|sometimes|occasional\w*|used to|any ?more|though|mild\w*|little)\b|但|只|偶尔|有点"
)
_TOPIC = re.compile(
    _OPEN + r"(?:(?:do|did|does|have|has|had|are|is|were|was|can|could|would) (?:you|he|she|it|they|there)\b"
    r"(?:(?: guys)? (?:still|also|ever|currently|recently|been|had|have|has|having|noticed|noticing|experienced|"
    r"experiencing|get|getting|got|feel|feeling|felt|any|an|a|the|history of)\b(?! (?:other|more|else|of)\b))*"
    r"|(?:any|how about|what about|and|or)\b(?! (?:other|more|else|of)\b)(?: any\b)?)\s*,?\s*",
    re.IGNORECASE,
)
_TOPIC_ZH = re.compile(r"^(?:那|您|你|患者|请问|平时|最近|还|现在|以前|过去)*(?:有没有|是否|有无|有过|有)?")
_WITHIN = re.compile(
    r"\b(?:do|does|did|are|is|was|were|have|has|had|can) (?:you|it|he|she|they|the|that|this|there)\b", re.IGNORECASE
)
_EITHER_ZH = re.compile("有没有|是不是|能不能|会不会|有无")
"""Questions, not denials."""
_TAIL = re.compile(
    r"(?:,? ?\b(?:okay|right|at all|or anything(?: like that)?|correct|recently|lately))?\s*[?？.!吗么呢]*\s*$",
    re.IGNORECASE,
)
_CLINICAL_SECTIONS = frozenset(
    ("allergies", "medicines", "history", "family", "social", "exam", "results", "assessment", "plan", "complaint")
)
_PATIENT_SECTIONS = frozenset(("allergies", "medicines", "history", "family", "social", "complaint"))
_TAGGED = re.compile(r",?\s*(?:okay|ok|all right|alright|right|you know|yeah)\s*\?$", re.IGNORECASE)
"""A statement that only asks for a nod: "we'll get an X-ray, okay?"."""
_ECHO = re.compile(r"^(?:(?:no|yes|yeah|nope|yep|right|fine)\b[ ,.]+)+(?=\S+ \S+ \S)", re.IGNORECASE)
"""The answer before, said again before the next question."""
_OF_FAMILY: dict[How, How] = {"confirms": "family_confirms", "denies": "family_denies", "answers": "family"}
_FRAGMENT = 5
"""Words of an answer that says little without its question."""


def statements(parts: Sequence[Part]) -> list[Statement]:
    """What the turns state, in order; chatter and questions without an answer state nothing."""
    found: list[Statement] = []
    asked: list[Part] = []
    first = True
    for _, grouped in groupby(parts, key=lambda part: part.turn):
        turn = list(grouped)
        if turn[0].who in ("clinician", "note"):
            questions = _questions(turn)
            found += _told(turn if not questions else turn[: len(turn) - len(questions)], turn[0].who)
            if questions or len(turn) > 1 or not _chatter(turn[0].text):
                asked = questions
        else:
            if not any(_audible(part.text) for part in turn):
                continue
            found += _answered(asked, turn, first)
            first = first and not any(tells(part.text) for part in turn)
            asked = []
    return found or _plain(parts)


def _plain(parts: Sequence[Part]) -> list[Statement]:
    """Where nothing clinical is said ("I am going home with my son"): what is said, but for chatter and questions."""
    hows: dict[str, How] = {"patient": "says", "family": "family", "clinician": "clinician"}
    return [
        Statement(
            section_of(part.text), hows.get(part.who, "written"), tidy(part.text), ((part.start, part.end),), part.turn
        )
        for part in parts
        if not _chatter(part.text) and not _asks(part.text) and len(part.text.split()) > 2
    ]


def _questions(turn: Sequence[Part]) -> list[Part]:
    """The questions with which a turn ends."""
    last: list[Part] = []
    for part in reversed(turn):
        if _asks(part.text):
            last.insert(0, part)
        elif last or not _chatter(part.text):
            break
    return last


def _told(parts: Sequence[Part], who: str) -> Iterator[Statement]:
    for part in parts:
        if _chatter(part.text) or _asks(part.text) or not tells(part.text):
            continue
        section = section_of(part.text, among=_CLINICAL_SECTIONS)
        how: How = "clinician" if who == "clinician" else "written"
        yield Statement(section, how, tidy(part.text, opening=True), ((part.start, part.end),), part.turn)


def _answered(asked: Sequence[Part], turn: Sequence[Part], first: bool) -> Iterator[Statement]:
    rest = list(turn)
    context = " ".join(part.text for part in asked)
    if asked:
        pair = _pair(asked, turn)
        if pair is not None:
            rest = rest[len(pair.spans) - len(asked) :]
            if tells(pair.text):
                yield pair
    for part in rest:
        if _chatter(part.text) or not tells(part.text) or ("?" in part.text and _QUESTION.search(part.text)):
            continue
        how: How = "family" if part.who == "family" else "says"
        section = section_of(f"{part.text} {part.text} {context}", among=_PATIENT_SECTIONS)
        if first and section == "symptoms":
            section = "complaint"
        yield Statement(section, how, tidy(part.text), ((part.start, part.end),), part.turn)


def _pair(asked: Sequence[Part], turn: Sequence[Part]) -> Statement | None:
    """Question and answer as one statement, where the first sentence of `turn` answers and says little alone."""
    answer = turn[0]
    answers = list(turn[:1])
    if len(turn) > 1 and (_NO.search(turn[1].text) or _YES.search(turn[1].text)):  # "Yeah. Uh, no, I don't think so."
        answers.append(turn[1])
    question = " ".join(_ECHO.sub("", tidy(part.text, opening=True)) for part in asked)
    said = " ".join(tidy(part.text) for part in answers)
    no, yes = _NO.search(answer.text), _YES.search(answer.text)
    full = sum(weight > 1 for weight in terms(said).values())
    short = len(said.split()) <= _FRAGMENT + 2 and len(said) < 60
    section = section_of(f"{question} {said}", among=_PATIENT_SECTIONS)
    spans = (*((part.start, part.end) for part in asked), *((part.start, part.end) for part in answers))

    def statement(how: How, text: str) -> Statement:
        how = _OF_FAMILY.get(how, how) if answer.who == "family" else how
        return Statement(section, how, text, spans, answer.turn)

    plain = not _NEGATED.search(_EITHER_ZH.sub("", question.lower())) and not _WHICH.search(asked[-1].text)
    if (no or yes) and plain:
        topics = [topic(part.text) for part in asked if not _WHICH.search(part.text)]
        what = "; ".join(each for each in topics if each)
        if _WITHIN.search(what):  # "the numbness, does it radiate?": what was denied is not what stands in front
            return statement("answers", f"{question} – {said}")
        if (
            (no and _ANY_YES.search(said)) or (yes and _ANY_NO.search(said)) or "[…]" in said
        ):  # "yeah, no": let the reader judge
            return statement("answers", f"{question} – {said}")
        bare = not _content(said[(no or yes).end() :])  # type: ignore[union-attr]
        if not what or not tells(what):
            return None if full and not bare else statement("answers", f"{question} – {said}")
        if bare:
            return statement("denies" if no else "confirms", what)
        if short or _BUT.search(said) or full < 2:
            return statement("denies" if no else "confirms", f"{what} – {said}")
        return statement("denies" if no else "confirms", f"{what} – {said}")
    if short or full < 1 or no or yes:
        return statement("answers", f"{question} – {said}")
    return None


def topic(question: str) -> str:
    """What a yes-or-no question asks about: "Have you had any fever or chills?" → "fever or chills"."""
    plain = _ECHO.sub("", tidy(question, opening=True))
    shorter = _TAIL.sub("", _TOPIC_ZH.sub("", _TOPIC.sub("", plain, count=1), count=1))
    return shorter if len(shorter) > 1 else ""


def _asks(text: str) -> bool:
    if "?" in text or "？" in text:
        return not (_TAGGED.search(text) and len(text.split()) > _FRAGMENT)
    return text.endswith(("吗", "呢", "没有")) or bool(_QUESTION.search(text) and not text.rstrip().endswith("."))


def _audible(text: str) -> bool:
    return bool(re.search(r"\w", tidy(text)))


def _content(text: str) -> bool:
    return any(word not in STOP and word not in _NOTHING for word in re.findall(r"[a-z']+|[㐀-鿿]|\d+", text.lower()))


_NOTHING = frozenset("doctor sir ma'am nothing none noticed nope thank thanks all".split())


def _chatter(text: str) -> bool:
    return bool(shipped().is_chatter.search(tidy(text).lower().replace("’", "'")))
