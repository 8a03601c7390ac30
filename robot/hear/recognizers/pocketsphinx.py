"""English speech to text with PocketSphinx: offline, small, with partial results; it is always there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path

import numpy as np

from hardware.audio import RATE, Samples, level_db
from robot.blocking import Blocking
from robot.errors import ModelError, RecognizerError
from robot.events import Language, Sensitive, Transcript, Word
from robot.hear.language_model import WEIGHT, adapted
from robot.stages import OnPartial

BLOCK = RATE // 10
"""Samples that are decoded at a time. The decoder gets whole blocks only, so that a result does not depend on how the
sound happened to arrive."""

TYPICAL = (44.0, 3.0, 0.0, 10.0, -7.0, -1.0, -3.5, -2.0, 0.0, -0.5, 1.5, 1.0, 1.0)
"""Mean cepstrum of twelve sets of recordings, synthetic and human; the decoder's own guess is (40, 3, −1, 0, …).
The mean is subtracted from the sound, so a wrong guess costs words: see the decision record."""

SETTLED, SETTLED_AT_END, GIVE_UP = 6, 3, 30
"""Voiced blocks that are wanted before decoding starts, to learn how this voice sounds on this microphone; how many are
enough when there will be no more; and after how many blocks without them decoding starts with the typical mean."""

LONGEST_SEGMENT_S, SHORTEST_SEGMENT_S = 30.0, 15.0
"""Longer sound is decoded in segments: the final pass over one takes time and memory in proportion to its length."""

_ACTIVE_STATES = 5000
"""Hidden-Markov states that are kept a frame. The decoder's own 30,000 take 1.7 times as long and hear no word more
(53 sentences, 3.3 % word errors with both); 3,000 are a little worse, 2,000 twice as bad."""

_PAUSE_DB = 15.0  # a block so far below the loudest one of the segment is a pause, where it may be cut
_SETTLING = "settling"
_FAILURES = (RuntimeError, KeyError, ValueError)  # what the binding raises when the decoder refuses
_LOUD_DB, _QUIET_DB = 20.0, 10.0  # a voiced block is that near to the loudest one, and that far from the quietest
_FRAME_S = 0.01
_ALTERNATIVES, _PATHS = 4, 40  # how many to report, out of how many paths; most differ in pauses only
_LONGEST_WORD_S, _LONGEST_PHONE_S = 1.2, 0.4  # what lasts longer is a noise that was forced into a word


class PocketsphinxRecognizer:
    """A `Recognizer` for English with one decoder, which works for one utterance at a time.

    A newer `listen` takes the decoder over; an older utterance that is still finished is decoded again from its own
    sound, so that utterances may overlap in any way. `biased_texts` are sentences to expect (our own questions and
    example answers); they are mixed into the general language model with `weight`, and the result is kept in the
    folder `cache`, see `robot.hear.language_model`.

    Raises ModelError (`model_missing`) where pocketsphinx is not installed.
    """

    name = "pocketsphinx"
    rate = RATE
    languages: frozenset[Language] = frozenset({"en"})

    def __init__(
        self,
        blocking: Blocking,
        biased_texts: Sequence[str] = (),
        weight: float = WEIGHT,
        cache: Path | str | None = None,
    ) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise ModelError(
                "model_missing", "The recognizer PocketSphinx is not installed.", "Run `pip install pocketsphinx`."
            ) from error
        model = Path(pocketsphinx.get_model_path("en-us"))
        general, dictionary = model / "en-us.lm.bin", model / "cmudict-en-us.dict"
        folder = Path(cache) if cache else None
        self._decoder = pocketsphinx.Decoder(
            hmm=str(model / "en-us"),
            dict=str(dictionary),
            lm=str(adapted(biased_texts, general, dictionary, weight, folder) if biased_texts else general),
            maxhmmpf=_ACTIVE_STATES,
            loglevel="FATAL",
        )
        self._words_search = self._decoder.current_search()
        self._decoder.add_keyphrase(_SETTLING, "oh")  # a search that costs next to nothing, for the first look
        self.strand = blocking.strand(self.name)
        self._open = False
        self._newest: _Utterance | None = None
        self._decoding: _Utterance | None = None

    def listen(self, language: Language, on_partial: OnPartial) -> _Utterance:
        """Begin an utterance. Raises RecognizerError (`language_unsupported`) for anything but English."""
        if language not in self.languages:
            raise RecognizerError("language_unsupported", f"PocketSphinx does not understand '{language}'.")
        self._newest = _Utterance(self, on_partial)
        return self._newest

    # ---- on the strand only ------------------------------------------------------------------------------------------

    def advance(self, utterance: _Utterance) -> str:
        """Decode the whole blocks that have arrived; the words so far. Only the newest utterance gets the decoder."""
        if utterance is self._newest and (utterance is self._decoding or _first_look(utterance.sound) is not None):
            self._decode(utterance, whole_blocks=True)
        return self._text(utterance)

    def conclude(self, utterance: _Utterance) -> Transcript:
        """Decode what is left, and all of it if another utterance had the decoder."""
        self._decode(utterance, whole_blocks=False)
        self._close_segment(utterance)
        self._decoding = None
        words = tuple(utterance.words)
        seconds = sum(word.end - word.start for word in words)
        return Transcript(
            text=Sensitive(" ".join(word.word for word in words)),
            confidence=sum((word.end - word.start) * word.confidence for word in words) / seconds if words else 0.0,
            words=words,
            alternatives=tuple(Sensitive(text) for text in utterance.alternatives) if words else (),
            engine=self.name,
        )

    def _decode(self, utterance: _Utterance, *, whole_blocks: bool) -> None:
        if utterance is not self._decoding:
            self._take_over(utterance)
        for block in utterance.blocks(whole_blocks=whole_blocks):
            level = level_db(block)
            decoded_s = (utterance.decoded - utterance.segment_start) / RATE
            pause = level < utterance.loudest - _PAUSE_DB
            if decoded_s >= LONGEST_SEGMENT_S or (decoded_s >= SHORTEST_SEGMENT_S and pause):
                self._close_segment(utterance)
                self._start()
            utterance.loudest = max(utterance.loudest, level)
            self._decoder.process_raw(block.tobytes())
            utterance.decoded += block.size

    def _take_over(self, utterance: _Utterance) -> None:
        self._decoding = None
        self._end()
        utterance.restart()
        self._decoder.reinit_feat()  # else the noise floor and the mean of the utterance before would linger
        look = _first_look(utterance.sound) or _first_look(utterance.sound, SETTLED_AT_END)
        blend = ((value + typical) / 2 for value, typical in zip(self._mean(look), TYPICAL, strict=True))
        self._decoder.set_cmn(",".join(f"{value:.3f}" for value in blend))
        self._start()
        self._decoding = utterance

    def _mean(self, sound: bytes | None) -> tuple[float, ...]:
        """The mean cepstrum of `sound`; the typical one when there is none."""
        if not sound:
            return TYPICAL
        self._decoder.activate_search(_SETTLING)
        self._start()
        self._decoder.process_raw(sound, no_search=True, full_utt=True)
        self._end()
        self._decoder.activate_search(self._words_search)
        return tuple(float(value) for value in self._decoder.get_cmn().split(","))

    def _start(self) -> None:
        self._decoder.start_utt()
        self._open = True

    def _end(self) -> None:
        if self._open:
            self._open = False  # first: an end that fails is not tried again
            self._decoder.end_utt()

    def _close_segment(self, utterance: _Utterance) -> None:
        """End the decoder's utterance and keep its words, and its alternatives if it is the only segment."""
        self._end()
        words = list(self._words(utterance.segment_start / RATE, utterance.decoded / RATE))
        text = " ".join(word.word for word in words)
        only = utterance.segment_start == 0
        utterance.alternatives = list(self._alternatives(text)) if only and words else []
        utterance.words += words
        utterance.segment_start, utterance.loudest = utterance.decoded, -np.inf

    def _words(self, start: float, end: float) -> Iterator[Word]:
        for segment in self._decoder.seg() or ():
            spelling = segment.word.partition("(")[0]  # `the(2)` is another pronunciation of `the`
            if not spelling[0].isalpha() and spelling[0] != "'":
                continue  # <sil>, [NOISE], ++UM++
            lasted = (segment.end_frame + 1 - segment.start_frame) * _FRAME_S
            phones = (self._decoder.lookup_word(segment.word) or "").split()
            if lasted > max(_LONGEST_WORD_S, _LONGEST_PHONE_S * len(phones)):
                continue
            first = start + segment.start_frame * _FRAME_S
            yield Word(spelling, min(first, end), min(first + lasted, end), min(1.0, max(0.0, segment.prob)))

    def _alternatives(self, text: str) -> Iterator[str]:
        paths = takewhile(lambda path: path is not None, islice(self._decoder.nbest(), _PATHS))
        different = dict.fromkeys(path.hypstr for path in paths)
        return islice((other for other in different if other and other != text), _ALTERNATIVES)

    def _text(self, utterance: _Utterance) -> str:
        hypothesis = self._decoder.hyp() if utterance is self._decoding else None
        return " ".join([*(word.word for word in utterance.words), *(hypothesis.hypstr.split() if hypothesis else ())])


def _first_look(sound: bytes | bytearray, enough: int = SETTLED) -> bytes | None:
    """The second of `sound` by the end of which `enough` blocks were voiced; empty after `GIVE_UP`, None before.

    It depends on the sound alone, not on how much more of it has arrived.
    """
    blocks = np.frombuffer(bytes(sound[: 2 * BLOCK * GIVE_UP]), dtype="<i2")
    levels: list[float] = []
    for end in range(BLOCK, blocks.size + 1, BLOCK):
        levels.append(level_db(blocks[end - BLOCK : end]))
        lowest = max(max(levels) - _LOUD_DB, min(levels) + _QUIET_DB)
        if sum(level >= lowest for level in levels) >= enough:
            return blocks[max(0, end - RATE) : end].tobytes()
    return b"" if len(levels) == GIVE_UP else None


@dataclass(eq=False)
class _Utterance:
    """One `Recognition`. The loop appends to `sound` (16-bit bytes); all else below it belongs to the strand."""

    engine: PocketsphinxRecognizer
    on_partial: OnPartial
    sound: bytearray = field(default_factory=bytearray, repr=False)
    decoded: int = 0
    """Samples that the decoder has had."""
    segment_start: int = 0
    loudest: float = -np.inf
    words: list[Word] = field(default_factory=list, repr=False)
    alternatives: list[str] = field(default_factory=list, repr=False)
    failure: str = ""

    cancelled: bool = False
    result: Transcript | None = field(default=None, repr=False)
    _busy: bool = False
    _posted: int = 0
    _partial: str = field(default="", repr=False)

    def feed(self, samples: Samples) -> None:
        if self.cancelled or self.result is not None:
            return
        self.sound += samples.astype("<i2", copy=False).tobytes()
        self._post()

    async def finish(self) -> Transcript:
        """The same transcript each time; an empty one after `cancel`. Raises RecognizerError (`recognizer_failed`)."""
        if self.result is None and self.sound and not self.cancelled:
            self.result = await self.engine.strand.run(self._conclude)
            self.sound.clear()
        if self.failure and not self.cancelled:
            raise RecognizerError("recognizer_failed", f"PocketSphinx failed: {self.failure}.")
        if self.result is None or self.cancelled:
            return Transcript(text=Sensitive(""), confidence=0.0, engine=self.engine.name)
        return self.result

    def cancel(self) -> None:
        self.cancelled = True
        self.sound.clear()

    def blocks(self, *, whole_blocks: bool) -> Iterator[Samples]:
        """What has arrived and was not decoded, block by block; nothing once cancelled."""
        while not self.cancelled:
            piece = bytes(self.sound[2 * self.decoded : 2 * (self.decoded + BLOCK)])
            if not piece or (whole_blocks and len(piece) < 2 * BLOCK):
                return
            yield np.frombuffer(piece, dtype="<i2")

    def restart(self) -> None:
        """Nothing of it is decoded (any more)."""
        self.decoded = self.segment_start = 0
        self.loudest = -np.inf
        self.words.clear()

    def _post(self) -> None:
        """One call waits on the strand at most: a decoder that lags behind takes all that has arrived at once."""
        if not self._busy and not self.cancelled and len(self.sound) - self._posted >= 2 * BLOCK:
            self._busy = True
            self._posted = len(self.sound)
            self.engine.strand.post(self._advance, self._advanced)

    def _advance(self) -> str:
        if self.cancelled or self.failure:
            return ""
        try:
            return self.engine.advance(self)
        except _FAILURES as error:
            self.failure = str(error) or type(error).__name__
            return ""

    def _advanced(self, text: str) -> None:
        self._busy = False
        if self.cancelled or self.result is not None:
            return
        if text and text != self._partial:
            self._partial = text
            self.on_partial(Transcript(text=Sensitive(text), final=False, engine=self.engine.name))
        self._post()

    def _conclude(self) -> Transcript | None:
        if self.failure or self.cancelled:
            return None
        try:
            return self.engine.conclude(self)
        except _FAILURES as error:
            self.failure = str(error) or type(error).__name__
            return None
