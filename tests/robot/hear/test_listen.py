"""From frames to voice events, with a detector whose probabilities are written down beforehand."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.audio import RATE, AudioFrame, Samples, frame_samples, silence
from robot.evaluate.stubs import StubDetector
from robot.events import SpeechConfirmed, SpeechDismissed, SpeechEnded, SpeechStarted, VoiceEvent
from robot.hear.listen import Endpointing, Listener
from tests.conversations import voice

FRAME = frame_samples(RATE)
NO_REFERENCE = silence(0)


class Written:
    """The detector says the given probabilities, one a window, then 0 for ever. One window is 32 ms."""

    rate = RATE
    window = 512

    def __init__(self, probabilities: Iterable[float]) -> None:
        self._left = list(probabilities)
        self.resets = 0

    def probability(self, window: Samples) -> float:
        return self._left.pop(0) if self._left else 0.0

    def reset(self) -> None:
        self.resets += 1


def windows(ms: float, probability: float) -> list[float]:
    return [probability] * round(ms / 32)


def hear(listener: Listener, seconds: float, reference: Samples = NO_REFERENCE, level: int = 1000) -> list[VoiceEvent]:
    """The events of so many seconds of sound; the sound itself is a tone of `level`."""
    found = []
    for sequence in range(round(seconds * 50)):
        event = listener.push(AudioFrame(voice(0.02, level), RATE, sequence), reference)
        if event is not None:
            found.append(event)
    return found


def kinds(events: list[VoiceEvent]) -> list[type]:
    return [type(event) for event in events]


def test_a_sentence_starts_is_confirmed_and_ends_after_the_silence() -> None:
    listener = Listener(Written(windows(320, 0) + windows(1600, 0.9)), Endpointing())
    started, confirmed, ended = hear(listener, 5)
    assert isinstance(started, SpeechStarted)
    assert isinstance(confirmed, SpeechConfirmed)
    assert isinstance(ended, SpeechEnded)
    assert started.at == pytest.approx(0.32 + 0.064, abs=0.04)
    assert confirmed.at == pytest.approx(0.32 + 0.16, abs=0.04)
    assert ended.speech_end == pytest.approx(0.32 + 1.6, abs=0.04)
    assert ended.at - ended.speech_end == pytest.approx(0.8, abs=0.04)
    assert not listener.speaking


def test_a_pause_within_the_sentence_does_not_end_it() -> None:
    voiced = windows(640, 0.9)
    listener = Listener(Written([*voiced, *windows(704, 0), *voiced]), Endpointing())
    assert kinds(hear(listener, 4)) == [SpeechStarted, SpeechConfirmed, SpeechEnded]


def test_uncertain_windows_do_not_end_a_sentence() -> None:
    listener = Listener(Written(windows(640, 0.9) + windows(3200, 0.4) + windows(640, 0.9)), Endpointing())
    ended = hear(listener, 7)[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.speech_end == pytest.approx(4.48, abs=0.05)


def test_a_cough_is_dismissed() -> None:
    listener = Listener(Written(windows(128, 0.95)), Endpointing())
    assert kinds(hear(listener, 2)) == [SpeechStarted, SpeechDismissed]
    assert not listener.speaking


def test_a_single_window_is_nothing() -> None:
    listener = Listener(Written([0, 0.99, 0, 0, 0.99, 0, 0.99]), Endpointing())
    assert hear(listener, 2) == []


def test_a_start_that_stays_uncertain_is_dismissed() -> None:
    """Else the robot would stay paused for as long as a distant television murmurs."""
    listener = Listener(Written(windows(96, 0.9) + windows(10_000, 0.4)), Endpointing())
    events = hear(listener, 2)
    assert kinds(events) == [SpeechStarted, SpeechDismissed]


def test_long_silence_says_nothing() -> None:
    assert hear(Listener(Written([]), Endpointing()), 600) == []


def test_a_voice_that_never_pauses_is_cut_at_the_longest_turn() -> None:
    policy = Endpointing(longest_s=5)
    listener = Listener(Written(windows(20_000, 1.0)), policy)
    ended = [event for event in hear(listener, 14) if isinstance(event, SpeechEnded)]
    assert len(ended) == 2
    assert ended[0].at == pytest.approx(5, abs=0.15)


def test_over_the_robot_more_voice_is_asked_for() -> None:
    policy = Endpointing()
    robot = voice(0.02, 300)
    short = windows(policy.confirm_over_robot_ms - 64, 0.9)
    assert kinds(hear(Listener(Written(short), policy), 2, robot)) == [SpeechStarted, SpeechDismissed]
    assert kinds(hear(Listener(Written(short), policy), 2)) == [SpeechStarted, SpeechConfirmed, SpeechEnded]
    words = windows(policy.confirm_over_robot_ms + 64, 0.9)
    assert kinds(hear(Listener(Written(words), policy), 2, robot)) == [SpeechStarted, SpeechConfirmed, SpeechEnded]


def test_the_robot_counts_as_speaking_for_the_echo_tail_after_it_paused() -> None:
    """The speaker pauses at SpeechStarted; the reference is silent when the confirmation is due."""
    policy = Endpointing()
    listener = Listener(Written(windows(288, 0.9)), policy)
    events: list[VoiceEvent] = []
    for sequence in range(100):
        reference = NO_REFERENCE if listener.speaking else voice(0.02, 300)
        if (event := listener.push(AudioFrame(voice(0.02, 1000), RATE, sequence), reference)) is not None:
            events.append(event)
    assert kinds(events) == [SpeechStarted, SpeechDismissed]


def test_the_echo_of_the_robot_is_no_voice() -> None:
    robot = voice(0.02, 3000)
    echo = 3000 * 10 ** (-30 / 20)
    assert hear(Listener(Written(windows(5000, 1.0)), Endpointing()), 5, robot, level=round(echo)) == []


def test_a_patient_louder_than_the_echo_is_heard_over_the_robot() -> None:
    robot = voice(0.02, 3000)
    assert SpeechConfirmed in kinds(hear(Listener(Written(windows(2000, 1.0)), Endpointing()), 4, robot, level=1500))


def test_the_pre_roll_holds_the_first_syllable() -> None:
    """Every sample of the voice up to the start, and a good part of the silence before it."""
    listener = Listener(StubDetector(), Endpointing())
    sound = np.concatenate([silence(RATE), np.arange(1, RATE + 1, dtype=np.int16)])
    for sequence in range(sound.size // FRAME):
        frame = AudioFrame(sound[sequence * FRAME : (sequence + 1) * FRAME], RATE, sequence)
        if isinstance(listener.push(frame, NO_REFERENCE), SpeechStarted):
            break
    roll = listener.pre_roll
    so_far = (sequence + 1) * FRAME
    assert np.array_equal(roll, sound[so_far - roll.size : so_far])
    before = RATE - (so_far - roll.size)
    assert before >= 0.25 * RATE, "a quarter of a second before the first voiced sample"


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=8),
    st.lists(st.integers(1, 900), min_size=1, max_size=12),
)
def test_frames_of_any_split_give_the_same_events(stretches: list[tuple[bool, int]], sizes: list[int]) -> None:
    """What is decided depends on the sound, not on how a driver cuts it."""
    sound = np.concatenate([voice(0.032 * n) if voiced else silence(512 * n) for voiced, n in stretches])

    def events(cuts: Iterable[int]) -> list[type]:
        listener = Listener(StubDetector(), Endpointing())
        found, at = [], 0
        for number, size in enumerate(cuts):
            if at >= sound.size:
                break
            event = listener.push(AudioFrame(sound[at : at + size], RATE, number), NO_REFERENCE)
            at += size
            found += [type(event)] if event is not None else []
        return found

    by_frame = events([FRAME] * (sound.size // FRAME + 1))
    cycled = (sizes[number % len(sizes)] for number in range(sound.size))
    assert events(cycled) == by_frame


def test_one_frame_can_hold_several_windows_without_losing_the_last_event() -> None:
    listener = Listener(Written(windows(96, 0.9)), Endpointing())
    event = listener.push(AudioFrame(voice(0.2), RATE, 0), NO_REFERENCE)
    assert isinstance(event, SpeechStarted)


@pytest.mark.parametrize("lost", [1, 7, 50])
def test_lost_frames_do_not_upset_the_turn(lost: int) -> None:
    """A gap in the sequence: the turn still ends, and its times are those of the audio."""
    listener = Listener(StubDetector(), Endpointing())
    events: list[VoiceEvent] = []
    for sequence in range(200):
        if 60 <= sequence < 60 + lost:
            continue
        sound = voice(0.02) if sequence < 120 else silence(FRAME)
        if (event := listener.push(AudioFrame(sound, RATE, sequence), NO_REFERENCE)) is not None:
            events.append(event)
    assert kinds(events) == [SpeechStarted, SpeechConfirmed, SpeechEnded]
    ended = events[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.speech_end == pytest.approx(2.4, abs=0.05)


def test_a_microphone_that_goes_ends_a_confirmed_turn_and_drops_a_doubtful_one() -> None:
    listener = Listener(Written(windows(1000, 0.9)), Endpointing())
    assert listener.cut_off() is None
    hear(listener, 0.12)
    assert listener.speaking
    assert isinstance(listener.cut_off(), SpeechDismissed)
    listener = Listener(Written(windows(1000, 0.9)), Endpointing())
    hear(listener, 0.5)
    assert isinstance(listener.cut_off(), SpeechEnded)
    assert listener.cut_off() is None


def test_reset_forgets_the_stream_and_the_detector() -> None:
    detector = Written(windows(1000, 0.9))
    listener = Listener(detector, Endpointing())
    hear(listener, 0.5)
    listener.reset()
    assert (listener.speaking, detector.resets, listener.pre_roll.size) == (False, 1, 0)


@given(st.lists(st.floats(0, 1), max_size=400))
def test_events_always_come_in_the_order_of_a_turn(probabilities: list[float]) -> None:
    """Started, then confirmed or dismissed; ended only after confirmed; never two turns at once."""
    after: dict[type | None, set[type]] = {
        None: {SpeechStarted},
        SpeechStarted: {SpeechConfirmed, SpeechDismissed},
        SpeechConfirmed: {SpeechEnded},
        SpeechDismissed: {SpeechStarted},
        SpeechEnded: {SpeechStarted},
    }
    before: type | None = None
    last = 0.0
    for event in hear(Listener(Written(probabilities), Endpointing()), 0.032 * len(probabilities) + 2):
        assert type(event) in after[before]
        assert event.at >= last
        before, last = type(event), event.at
    assert before in (None, SpeechDismissed, SpeechEnded), "two seconds of silence end everything"
