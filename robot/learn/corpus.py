"""The training corpus: conversation turns in which the answer stands in the evidence, in English and Chinese.

    dialogs/knowledge + wordings ─ FromPassages ┐
    dialogs/training/guidelines ─── Invented ───┼─ conversations(…) ─ Record, Record, …
    their words ─────────────────── Nonsense ───┤
    imported files ─ clean ──────── FromImports ┘

Much copying on purpose: a model of a few million parameters cannot know medicine, but it can learn to say what lies in
front of it. Most passages are changed or invented, so that looking is the only way to answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence, Set
from functools import lru_cache

from dialogs.loader import Dialogs
from dialogs.never import load_never
from dialogs.training import load_training
from dialogs.wordings import load_wordings
from robot.errors import ConfigurationError
from robot.events import Language
from robot.learn.clean import CleanText
from robot.learn.draft import Draft, Voice
from robot.learn.imports import FromImports, ImportedFile, read_imports
from robot.learn.invented import Invented
from robot.learn.nonsense import Nonsense
from robot.learn.passages import FromPassages
from robot.learn.record import Record, Split
from robot.learn.split import draw_split, passage_is_held
from robot.think.figures import Figure, FigureReader

ENGLISH = 0.53
"""How much of our own turns is English, the rest is Chinese; imported text is English."""

IMPORTED = 0.15
"""How much of the corpus rests on imported files, where there are any."""

MIX: dict[str, float] = {
    "passage": 0.40,
    "invented": 0.25,
    "nonsense": 0.21,
    "unanswerable": 0.045,
    "refusal": 0.03,
    "clarify": 0.015,
    "follow_up": 0.05,
}
"""How much of our own turns is of which kind."""

_TRIES = 50
"""So many drafts in a row that stand in the corpus already mean that it has no more to give."""


def conversations(dialogs: Dialogs, *, count: int, seed: int, imports: Sequence[ImportedFile] = ()) -> Iterator[Record]:
    """`count` records, no two alike; the same for the same arguments, byte for byte.

    Raises ContentError for a wrong file of `dialogs`, InputError for a wrong imported file, ConfigurationError when the
    dialogs are too few for so many records.
    """
    maker = CorpusMaker(dialogs, read_imports(imports).kept)
    return maker.records(count, seed)


class CorpusMaker:
    """Makes records from the content of `dialogs` and from text that was imported and cleaned."""

    def __init__(self, dialogs: Dialogs, imported: Sequence[CleanText] = ()) -> None:
        folder = dialogs.folder
        self._figures = FigureReader(load_never(folder / "never.yaml").units)
        self._read = lru_cache(maxsize=4096)(self._read_figures)
        wordings = load_wordings(folder / "training" / "wordings.yaml")
        self._voices: dict[Language, Voice] = {}
        self._passages: dict[Language, FromPassages] = {}
        self._invented: dict[Language, Invented] = {}
        self._nonsense: dict[Language, Nonsense] = {}
        for language, forms in load_training(folder / "training").items():
            voice = self._voices[language] = Voice(forms, language)
            self._passages[language] = FromPassages(voice, dialogs.passages, wordings, self.figures_stand)
            self._invented[language] = Invented(voice)
            learned = [passage for passage in dialogs.passages if not passage_is_held(passage.id)]
            said = [getattr(passage.text, language) for passage in learned]
            more = [sentence for text in imported for sentence in text.sentences] if language == "en" else []
            self._nonsense[language] = Nonsense(voice, [*said, *more])
        self._imported = FromImports(self._voices["en"], imported) if imported else None

    def figures_stand(self, answer: str, evidence: Sequence[str]) -> bool:
        """Whether every figure of `answer`, with its unit where it has one, stands in `evidence`."""
        missing: Set[Figure] = self._read(answer)
        for text in evidence:
            if not missing:
                break
            known = self._read(text)
            values = {figure.value for figure in known}
            missing = {
                figure for figure in missing if figure not in known and (figure.unit or figure.value not in values)
            }
        return not missing

    def records(self, count: int, seed: int) -> Iterator[Record]:
        """`count` records; see `conversations`."""
        rng = random.Random(seed)
        seen: set[int] = set()
        for number in range(count):
            yield self._record(number, rng, seen)

    def _record(self, number: int, rng: random.Random, seen: set[int]) -> Record:
        for _ in range(_TRIES):
            split = draw_split(rng)
            language: Language = "en" if rng.random() < ENGLISH else "zh"
            draft, licence = self._own(language, rng, split), "own"
            if self._imported is not None and rng.random() < IMPORTED and (made := self._imported.answered(rng, split)):
                language, (draft, licence) = "en", made
            if split == "train" and self._passages[language].leaks(draft):
                continue
            alike = hash_of(draft)
            if alike in seen or not self.figures_stand(draft.answer, draft.evidence):
                continue
            seen.add(alike)
            return Record(
                id=f"{draft.kind}-{number:07d}",
                language=language,
                kind=draft.kind,
                split=split,
                passage=draft.passage,
                history=draft.history,
                question=draft.question,
                evidence=draft.evidence,
                answer=draft.answer,
                licence=licence,
                source=draft.source,
            )
        raise ConfigurationError(
            "corpus_exhausted", f"The dialogs give no more than {number} different records.", "Ask for fewer."
        )

    def _own(self, language: Language, rng: random.Random, split: Split) -> Draft:
        passages, invented = self._passages[language], self._invented[language]
        if split == "test_passage":
            return passages.answered(rng, split)
        kind = rng.choices(tuple(MIX), tuple(MIX.values()))[0]
        if kind == "nonsense" and split == "test_wording":
            kind = "passage"  # nobody wants to know how well it answers that
        made: dict[str, Callable[[random.Random, Split], Draft]] = {
            "passage": passages.answered,
            "invented": invented.answered,
            "nonsense": self._nonsense[language].answered,
            "unanswerable": passages.unanswerable if rng.random() < 0.5 else invented.unanswerable,
            "refusal": lambda rng, split: self._refused(language, rng, split),
            "clarify": invented.clarify,
            "follow_up": passages.went_on if rng.random() < 0.4 else invented.followed_up,
        }
        if kind == "follow_up" and rng.random() < 0.25 and (draft := passages.for_another(rng, split)):
            return draft
        return made[kind](rng, split)

    def _refused(self, language: Language, rng: random.Random, split: Split) -> Draft:
        """A request that is declined whatever the evidence says."""
        voice = self._voices[language]
        forms = voice.forms.answers
        refusal = forms.refusals[rng.choice(tuple(forms.refusals))]
        plain = rng.choice(refusal.ask).replace("{medicine}", rng.choice(forms.medicines))
        question, _ = voice.ask(plain.replace("{illness}", rng.choice(forms.illnesses)), rng, split)
        some = self._passages[language].some_evidence(rng)
        if rng.random() < 0.5:
            some = self._invented[language].some_evidence(rng, split)
        return Draft("refusal", question, some, rng.choice(refusal.say), "training forms")

    def _read_figures(self, text: str) -> frozenset[Figure]:
        return frozenset(self._figures.read(text))


def hash_of(draft: Draft) -> int:
    """The same for two turns that differ in nothing that is learned."""
    return hash((draft.history, draft.question.lower(), draft.evidence, draft.answer))
