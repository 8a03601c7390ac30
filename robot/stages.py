"""Who handles what flows: the protocols of every replaceable part. Read after `events`; then the main path is clear."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol, runtime_checkable

from hardware.audio import Samples
from robot.events import (
    Answer,
    Decision,
    DialogEvent,
    DraftNote,
    Language,
    Message,
    Passage,
    Sensitive,
    Sentence,
    Speech,
    Spoken,
    Transcript,
)

OnPartial = Callable[[Transcript], None]


@runtime_checkable
class VoiceActivityDetector(Protocol):
    """How likely a window of sound is a voice. Called inline on the event loop: must stay far below a millisecond."""

    rate: int
    window: int
    """Samples in one window."""

    def probability(self, window: Samples) -> float:
        """0…1 for the next `window` samples of the stream."""
        ...

    def reset(self) -> None:
        """Forget the stream so far."""
        ...


class Recognition(Protocol):
    """One utterance being recognized."""

    def feed(self, samples: Samples) -> None:
        """The next samples at the recognizer's rate, any number; never blocks."""
        ...

    async def finish(self) -> Transcript:
        """The final transcript of what was fed (empty text: nothing understood). Raises RecognizerError."""
        ...

    def cancel(self) -> None:
        """Stop; nothing more is reported. Also after `finish`, and twice."""
        ...


@runtime_checkable
class Recognizer(Protocol):
    """Speech to text."""

    name: str
    rate: int
    languages: frozenset[Language]

    def listen(self, language: Language, on_partial: OnPartial) -> Recognition:
        """Begin an utterance. `on_partial` is called on the loop whenever the words so far changed."""
        ...


@runtime_checkable
class Decider(Protocol):
    """The dialog machine: a pure core that turns events into decisions and does nothing itself."""

    @property
    def state(self) -> str:
        """Name of the current dialog state."""
        ...

    def decide(self, event: DialogEvent) -> Decision | None:
        """What to do about `event`; None when nothing. Partial transcripts only ever raise red flags."""
        ...

    def heard(self, spoken: Sequence[Spoken]) -> None:
        """What the patient really heard of the last reply; the dialog's memory keeps nothing else."""
        ...

    def look_up(self, text: Sensitive) -> Callable[[], object]:
        """The search that deciding about `text` needs, to be run beforehand and in any thread; it changes nothing.

        A retriever that remembers what it was asked last then finds it at once. Empty text stands for what is needed
        once, before the first words.
        """
        ...

    def draft(self, text: Sensitive) -> Answer | None:
        """What a generator would be asked if the patient said `text` and no more, without evidence; None: nothing.

        Empty words stand for a turn that has not begun. Changes nothing.
        """
        ...


@runtime_checkable
class Guard(Protocol):
    """The last look at a sentence before it becomes sound.

    `flagged` is True from a red flag until staff clear it: nothing reassuring may be said then.
    """

    flagged: bool

    def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        """Ids of the rules that forbid `sentence`; empty: it may be spoken."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Finds the passages that answer a question."""

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        """At most `k` passages with a score above the threshold, best first. Scores compare within one call only."""
        ...


@runtime_checkable
class Generator(Protocol):
    """Writes an answer from evidence."""

    name: str

    def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        """Pieces of the answer's text as they come. Closing the iterator cancels. Raises GeneratorError."""
        ...


@runtime_checkable
class ReadsAhead(Protocol):
    """What a generator may do besides: read what is known of a prompt while the patient still speaks."""

    def prepare(self, answer: Answer) -> None:
        """A draft: history and the words so far; its evidence may be empty. Never blocks; the newest call counts.

        Cancelled by `generate`, which finds what was read and reads again what turned out otherwise.
        """
        ...


@runtime_checkable
class Notes(Protocol):
    """What one conversation leaves for the clinician, and what the clinician signed for its patient."""

    def keep(self, note: DraftNote, language: Language) -> None:
        """Keep a draft. Returns once it is kept. Raises RecordsError."""
        ...

    def waiting(self) -> Message | None:
        """The oldest signed message for this patient that was not told yet. Raises RecordsError."""
        ...

    def told(self, message_id: str) -> None:
        """The patient heard all of it. Raises RecordsError."""
        ...


@runtime_checkable
class Synthesizer(Protocol):
    """Text to speech."""

    name: str
    rate: int
    """Samples a second of every `Speech` it makes."""
    languages: frozenset[Language]

    def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
        """The sound of one sentence, piece by piece; marks count characters of `text`.

        `pace` is a factor on the configured speed, 0.5…2; it is left out at 1.

        Closing the iterator cancels within 20 ms. Raises SynthesizerError.
        """
        ...
