"""From microphone frames to voice events: who speaks since when, and when a turn is over.

Pure and synchronous; time is counted in frames and windows, never asked of a clock. Frames that come before a voice was
certain are kept (`pre_roll`), so that the recognizer misses no first syllable.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict

from hardware.audio import FRAME_MS, SILENCE_DB, AudioFrame, Samples, level_db
from robot.events import SpeechConfirmed, SpeechDismissed, SpeechEnded, SpeechStarted, VoiceEvent
from robot.stages import VoiceActivityDetector


@dataclass(frozen=True, slots=True)
class Endpointing:
    """The policy: when a voice begins and when a turn ends. Times in milliseconds of audio."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    threshold: float = 0.5
    """Probability above which a window is a voice."""
    release: float = 0.35
    """Probability below which it is silence; between the two nothing changes, once speech is certain."""
    start_ms: float = 64
    """Voice until speech is taken to have started (the robot pauses)."""
    confirm_ms: float = 160
    """Voice until it is speech for certain and not a click."""
    confirm_over_robot_ms: float = 352
    """The same while the robot speaks: a cough or "mm-hm" is shorter."""
    dismiss_ms: float = 480
    """Silence after which an unconfirmed start is dropped."""
    end_silence_ms: float = 800
    """Silence that ends a turn."""
    longest_s: float = 45
    """A turn is ended here whatever happens (a television never pauses)."""
    pre_roll_ms: float = 320
    """Sound before the start that belongs to the utterance."""
    echo_return_loss_db: float = 24
    """How much weaker the robot's own voice is expected back at the microphone, at the least."""
    echo_tail_ms: float = 240
    """How long after a block sounded its echo is expected."""


class Listener:
    """One conversation's ears, up to the recognizer."""

    def __init__(self, detector: VoiceActivityDetector, policy: Endpointing) -> None:
        self._detector = detector
        self._policy = policy
        self._window_ms = 1000 * detector.window / detector.rate
        self._window = np.zeros(detector.window, dtype=np.int16)
        self._filled = 0
        self._sounded: deque[Samples] = deque(maxlen=max(1, round(policy.echo_tail_ms / FRAME_MS)))
        """The last blocks of the speaker, which may still echo; levels are computed only when a voice is heard."""
        self._pre_roll: deque[Samples] = deque(maxlen=max(1, round((policy.pre_roll_ms + policy.start_ms) / FRAME_MS)))
        self._voice_ms = 0.0
        self._silence_ms = 0.0
        self._length_ms = 0.0
        self._last_voice_s = 0.0
        self._confirmed = False
        self._over_robot = False
        self._now_s = 0.0
        self.speaking = False
        """True from SpeechStarted to SpeechEnded or SpeechDismissed: frames belong to the utterance."""

    @property
    def level_db(self) -> float:
        """Level of the last window of sound, dB relative to full scale."""
        return level_db(self._window)

    @property
    def pre_roll(self) -> Samples:
        """The sound just before and including the frame that started the speech."""
        return np.concatenate(self._pre_roll) if self._pre_roll else np.zeros(0, dtype=np.int16)

    def reset(self) -> None:
        """Forget everything: the floor has changed hands, or the microphone came back."""
        self._detector.reset()
        self._filled = 0
        self._forget()
        self._pre_roll.clear()

    def cut_off(self) -> VoiceEvent | None:
        """The microphone is gone in mid-sentence: what was said until now is the turn."""
        if not self.speaking:
            return None
        event = SpeechEnded(self._now_s, self._last_voice_s) if self._confirmed else SpeechDismissed(self._now_s)
        self.reset()
        return event

    def push(self, frame: AudioFrame, reference: Samples) -> VoiceEvent | None:
        """What `frame` changes. `reference` is the block that the speaker sounds now (empty: silent)."""
        samples = rest = frame.samples
        self._now_s = frame.start_s
        self._pre_roll.append(samples)
        self._sounded.append(reference)
        event: VoiceEvent | None = None
        window, filled = self._window, self._filled
        while filled + rest.size >= window.size:
            taken = window.size - filled
            window[filled:] = rest[:taken]
            rest = rest[taken:]
            filled = self._filled = 0
            event = self._on_window() or event
        if rest.size:
            window[filled : filled + rest.size] = rest
            self._filled = filled + rest.size
        return event

    def _robot_db(self) -> float:
        """Level of the loudest block of the robot that may still echo; `SILENCE_DB`: it was silent."""
        return max(level_db(block) for block in self._sounded)

    def _is_own_echo(self) -> bool:
        """Whether the window is weaker than the robot's own voice may come back."""
        robot_db = self._robot_db()
        return robot_db > SILENCE_DB and self.level_db < robot_db - self._policy.echo_return_loss_db

    def _on_window(self) -> VoiceEvent | None:
        policy = self._policy
        probability = self._detector.probability(self._window)
        if probability < policy.release and not self.speaking:
            self._voice_ms = 0.0
            return None
        own_echo = probability >= policy.release and self._is_own_echo()
        if probability >= policy.threshold and not own_echo:
            self._voice_ms += self._window_ms
            self._silence_ms = 0.0
            self._last_voice_s = self._now_s
        elif probability < policy.release or own_echo or (self.speaking and not self._confirmed):
            # A start that stays uncertain counts as silence: the robot is paused and waits for a decision.
            self._silence_ms += self._window_ms
            if not self.speaking:
                self._voice_ms = 0.0
        if not self.speaking:
            if self._voice_ms < policy.start_ms:
                return None
            self.speaking = True
            return SpeechStarted(self._now_s)
        return self._while_speaking()

    def _while_speaking(self) -> VoiceEvent | None:
        policy = self._policy
        self._length_ms += self._window_ms
        if not self._confirmed:
            # The robot has paused by now; what it said just before decides how much voice is asked for.
            self._over_robot = self._over_robot or self._robot_db() > SILENCE_DB
            needed = policy.confirm_over_robot_ms if self._over_robot else policy.confirm_ms
            if self._voice_ms >= needed:
                self._confirmed = True
                return SpeechConfirmed(self._now_s)
            if self._silence_ms >= policy.dismiss_ms:
                self._forget()
                return SpeechDismissed(self._now_s)
            return None
        if self._silence_ms >= policy.end_silence_ms or self._length_ms >= policy.longest_s * 1000:
            ended = SpeechEnded(self._now_s, self._last_voice_s)
            self._forget()
            return ended
        return None

    def _forget(self) -> None:
        self.speaking = self._confirmed = self._over_robot = False
        self._voice_ms = self._silence_ms = self._length_ms = 0.0
