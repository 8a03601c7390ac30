"""One tree of expected failures, each with a stable code and with words for the patient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import robot
from dialogs.yaml_file import ContentError
from hardware.ports import HardwareError
from robot.errors import (
    FAILURES,
    BedsideError,
    ConfigurationError,
    EngineError,
    GeneratorError,
    InputError,
    ModelError,
    RecognizerError,
    SynthesizerError,
    phrase_for,
)
from tests.conversations import shared

OURS = [ConfigurationError, InputError, ModelError, EngineError, RecognizerError, GeneratorError, SynthesizerError]


@pytest.mark.parametrize("kind", [*OURS, HardwareError])
def test_an_error_carries_code_message_and_advice(kind: type[BedsideError]) -> None:
    error = kind("some_code", "It failed.", "Try again.")
    assert (error.code, error.message, error.advice) == ("some_code", "It failed.", "Try again.")
    assert str(error) == "It failed. Try again."
    assert str(kind("some_code", "It failed.")) == "It failed."
    assert isinstance(error, FAILURES)


def test_content_errors_are_failures_too() -> None:
    error = ContentError("a.yaml", 3, "key", "is wrong", 5)
    assert isinstance(error, FAILURES)
    assert (error.code, str(error)) == ("content_invalid", "a.yaml:3: key: is wrong (value: 5)")


def test_defects_are_no_failures() -> None:
    assert not isinstance(ValueError(), FAILURES)


@pytest.mark.parametrize("kind", [*OURS, HardwareError])
def test_there_are_words_for_the_patient(kind: type[BedsideError]) -> None:
    assert phrase_for(kind("x_failed", "x")) in shared().dialogs.phrases.phrases


def test_what_fails_decides_what_is_said() -> None:
    said = [phrase_for(kind("x", "x")) for kind in (RecognizerError, HardwareError, GeneratorError)]
    assert said == ["trouble_hearing", "trouble_device", "trouble_thinking"]


def test_codes_are_words_joined_by_underscores() -> None:
    raised = re.compile(
        r"(?:Configuration|Input|Model|Engine|Recognizer|Generator|Synthesizer|Hardware)Error\(\s*f?\"([^\"]+)\""
    )
    sources = [*Path(robot.__file__).parent.rglob("*.py")]
    codes = {code for path in sources for code in raised.findall(path.read_text(encoding="utf-8"))}
    assert len(codes) > 10
    odd = {
        code for code in codes if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", code.replace("{self.kind}", "kind"))
    }
    assert odd == set()
