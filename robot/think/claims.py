"""Whether a freely written sentence claims what its evidence says: figures, medicines, comparisons, negations, words.

The check knows no model. A sentence is cut into clauses; each is held against the clause of the evidence that shares
most of its words. It is a net under the figures and the never-list and not a proof: what it misses and what it blocks
wrongly is measured by `bedside evaluate mutation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from dialogs.medicines import Medicines, shipped
from dialogs.training import load_answers
from robot.events import Language, Passage
from robot.think.comparisons import Bound, blank_bounds, bounds_of, directions
from robot.think.denials import NEGATION, Denied, denials, is_denied, plain_of, says_what_is_denied
from robot.think.figures import Figure, FigureReader, narrow
from robot.think.terms import mixed_terms

Entails = Callable[[str, Sequence[Passage]], bool]
"""A stronger judge of whether passages say what a sentence says, such as one that compares embeddings."""

COVERED = 0.5
"""Share of a sentence's content words that must stand in the evidence; see `calibrated` in the tests."""
_SUPPORT = 0.5
_MUCH = 0.4
_STEM = 6
"""Letters that two words of one family share ("pregnant", "pregnancy")."""
_ALIKE = 0.6
"""Share of a clause's words from which on a clause of the evidence is taken to be its model."""

_CLAUSES = re.compile(
    r"[.;:!?](?!\d)|[。，；：！？]|,(?! (?:or|nor|in|with)\b)|\b(?:but|because|although|so that)\b"
    r"|但是|但|可是|因为|所以"
)
_TALK_EN = frozenset(
    mixed_terms(
        "hello thanks thank happy glad good question ask asked asking answer say said says tell told talk know knows"
        " source sources help helps nurse nurses doctor doctors team ward pharmacist dietitian physiotherapist midwife"
        " staff people person thing things main simple simply words way rather guess sure check first again more"
        " anything else here let course fast slow clear remember back own like want would please yes sorry evidence"
        " guidance recommendation follows follow advice advise advises advised recommend recommends suggest suggests"
        " suit suits fit fits reviewed according one also well really kind just put bit need topic point all too only"
        " out find today anytime later feel free look wonder wondering because since therefore means example idea"
    )
)
_TALK_ZH = re.compile(
    "您好|谢谢|很?高兴|帮您|帮忙|好?问题|请问|请先|先问问?|问问|告诉|知道|资料里?|来源|护士|医生|医护|病房|药师|营养师|助产士"
    "|物理治疗师|很多人|都?问过?|简单地?说?|来说|主要|意思|自己的?|的话|再说|一遍|说?清楚|记住|合适|不?适合|更多|详细|具体"
    "|建议|推荐|指南|根据|说法|内容|情况|确认|可以|需要|它们?|只是|只|想问|想知道|关于|这个|没有|找到|乐意|为您|解答|有人|这样|就是"
    "|总之|还有|别的|什么|怎样|好的|当然|我|您|请|说|问|的|了|吗|呢|吧|啊|会|能|和|或者?|也|就|都|还|是|在|更|先|再|给|这|那|里|因为|所以"
)


class Claim(NamedTuple):
    """One clause: its content words, whether it denies them, what follows its negations, its words of direction."""

    words: frozenset[str]
    denied: bool
    anchors: frozenset[str]
    directions: frozenset[tuple[int, bool]]


class Known(NamedTuple):
    """What one passage says."""

    figures: frozenset[Figure]
    bounds: frozenset[Bound]
    medicines: frozenset[str]
    directions: frozenset[tuple[int, bool]]
    denied: Denied
    claims: tuple[Claim, ...]
    words: frozenset[str]


class ClaimCheck:
    """Holds sentences against evidence; what a passage says is read once.

    entails   asked as well before a sentence is found to be without ground
    """

    def __init__(
        self, figures: FigureReader, medicines: Medicines | None = None, entails: Entails | None = None
    ) -> None:
        self._figures = figures
        self._medicines = medicines or shipped()
        self._entails = entails
        self._known: dict[Passage, Known] = {}

    def broken(self, text: str, evidence: Sequence[Passage]) -> list[str]:
        """Ids of the rules that a sentence breaks.

        `figure`, `medicine` or `negation` `.not_in_evidence`; `comparison.flipped` and `polarity.flipped` where the
        evidence says the opposite; `evidence.not_entailed` where too few of its words stand there. Lines that stand
        around an answer and claim nothing need no evidence.
        """
        low = narrow(text)
        fixed, open_ = _idle()
        if fixed.fullmatch(low.strip()):
            return []
        known = [self._read(passage) for passage in evidence]
        expressions = self._figures.expressions(low)
        rules = []
        figures = [figure for expression in expressions for figure in expression.figures]
        if figures and not any(_stand(figures, each) for each in known):
            rules.append("figure.not_in_evidence")
        if not known:
            return rules
        if self._medicines.found(low).difference(*(each.medicines for each in known)):
            rules.append("medicine.not_in_evidence")
        claims = claims_of(low)
        models = [_models(claim, known) for claim in claims]
        if any(_turned(bound, known) for bound in bounds_of(low, expressions)) or _misdirected(
            low, claims, models, known
        ):
            rules.append("comparison.flipped")
        plain, denied = plain_of(low), [each.denied for each in known]
        if not all(is_denied(denial, denied) for denial in denials(plain)):
            rules.append("negation.not_in_evidence")
        anchors = frozenset[str]().union(*(claim.anchors for claim in claims))
        if says_what_is_denied(plain, denied) or any(
            _denial_lost(claim, near, anchors, known) for claim, near in zip(claims, models, strict=True)
        ):
            rules.append("polarity.flipped")
        grounded = _grounded(claims, known, text) or open_.fullmatch(low.strip())
        if not grounded and not (self._entails and self._entails(text, evidence)):
            rules.append("evidence.not_entailed")
        return rules

    def _read(self, passage: Passage) -> Known:
        if passage not in self._known:
            low = narrow(f"{passage.title} . {passage.text}")
            expressions = self._figures.expressions(low)
            claims = claims_of(narrow(passage.text))
            self._known[passage] = Known(
                frozenset(figure for expression in expressions for figure in expression.figures),
                frozenset(bounds_of(low, expressions)),
                self._medicines.found(low),
                directions(blank_bounds(low)),
                Denied.by(low),
                tuple(claims),
                content_of(low),
            )
        return self._known[passage]


def claims_of(low: str) -> list[Claim]:
    """The clauses of `low` (`figures.narrow`) that have words of their own."""
    claims = []
    for clause in _CLAUSES.split(plain_of(low)):
        words = content_of(NEGATION.sub(" ", clause))
        if words:
            denied = denials(clause)
            anchors = frozenset(denial.word for denial in denied)
            claims.append(Claim(words, len(denied) % 2 == 1, anchors, directions(clause)))
    return claims


def content_of(low: str) -> frozenset[str]:
    """The words of `low` that say something about the matter: what any conversation holds is left out."""
    return frozenset(mixed_terms(low if low.isascii() else _TALK_ZH.sub(" ", low))) - _TALK_EN


@lru_cache(maxsize=1)
def _idle() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The sentences that stand around an answer: those that are fixed, and those with a word of the patient."""
    lines = (line for forms in load_answers().values() for line in forms.idle)
    sentences = sorted({narrow(part).strip() for line in lines for part in re.split(r"(?<=[.!?。！？])", line)} - {""})
    slot = re.escape("{word}")
    fixed = [re.escape(each) for each in sentences if "{" not in each]
    open_ = [re.escape(each).replace(slot, r"[^\d.;!?。；！？]{1,30}") for each in sentences if "{" in each]
    return re.compile("|".join(fixed)), re.compile("|".join(open_))


@lru_cache(maxsize=2)
def idle_denied(language: Language) -> Denied:
    """What the sentences deny that stand around an answer in `language`."""
    return Denied.loosely_by(narrow(" ".join(load_answers()[language].idle)))


def _stand(said: Sequence[Figure], known: Known) -> bool:
    """Whether one passage has all figures of a sentence: those of two, put together, say what neither does."""
    values = {figure.value for figure in known.figures}
    return all(figure in known.figures if figure.unit else figure.value in values for figure in said)


def _turned(bound: Bound, known: Sequence[Known]) -> bool:
    """Whether the evidence does not have the figure with that side."""
    figure = bound.figure
    return not any(
        other.side == bound.side
        and (other.figure == figure or (not figure.unit and other.figure.value == figure.value))
        for each in known
        for other in each.bounds
    )


def _models(claim: Claim, known: Sequence[Known]) -> list[Claim]:
    """The clauses of the evidence that a clause may be made of; none where nothing is much like it."""
    shares = [(len(claim.words & other.words) / len(claim.words), other) for each in known for other in each.claims]
    best = max((share for share, _ in shares), default=0.0)
    return [other for share, other in shares if share >= _SUPPORT * best] if best >= _ALIKE else []


def _denial_lost(claim: Claim, models: Sequence[Claim], anchors: frozenset[str], known: Sequence[Known]) -> bool:
    """Whether a clause says what all its models deny, and nothing speaks for it.

    For it speaks that another clause of the sentence denies the same words (`anchors` are all of its), or that a clause
    of the evidence stands in it as a whole.
    """
    if claim.denied or not models or not all(other.denied for other in models):
        return False
    alike = any(len(claim.words & other.words) >= _MUCH * len(other.words) for other in models)
    if not alike or any(other.anchors & anchors for other in models):
        return False
    return not any(not other.denied and other.words <= claim.words for each in known for other in each.claims)


def _misdirected(low: str, claims: Sequence[Claim], models: Sequence[Sequence[Claim]], known: Sequence[Known]) -> bool:
    """Whether a word of direction stands where the evidence, or what a clause is made of, has its opposite only."""
    everywhere = frozenset[tuple[int, bool]]().union(*(each.directions for each in known))
    if _opposed(directions(blank_bounds(low)), everywhere):
        return True
    return any(
        _opposed(claim.directions, frozenset[tuple[int, bool]]().union(*(other.directions for other in near)))
        for claim, near in zip(claims, models, strict=True)
    )


def _opposed(said: frozenset[tuple[int, bool]], there: frozenset[tuple[int, bool]]) -> bool:
    return any((number, not first) in there and (number, first) not in there for number, first in said)


def _grounded(claims: Sequence[Claim], known: Sequence[Known], text: str) -> bool:
    """Whether enough of a sentence's words stand in the evidence; talk without a claim always does."""
    words = frozenset[str]().union(*(claim.words for claim in claims))
    there = frozenset[str]().union(*(each.words for each in known))
    begun = {word[:_STEM] for word in there if word.isascii()}
    missing = {word for word in words - there if not (len(word) >= _STEM and word[:_STEM] in begun)}
    if not missing or (text.rstrip().endswith(("?", "？")) and len(missing) <= 1):
        return True
    return len(missing) <= (1 - COVERED) * len(words)
