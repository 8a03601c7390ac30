"""What can go wrong, as one tree.

    Exception
    ├── hardware.ports.HardwareError   a device is missing, gone or wrongly configured
    ├── dialogs.yaml_file.ContentError a file of dialogs/ or configs/ is wrong: file, line, key, value
    └── BedsideError
        ├── ConfigurationError         the configuration does not fit together
        ├── InputError                 a file or text from a user cannot be read
        ├── ModelError                 a model is missing or does not load
        ├── RecordsError               a draft cannot be kept, found or changed
        └── EngineError                an engine failed while it worked
            ├── RecognizerError
            ├── GeneratorError
            └── SynthesizerError

Each carries a stable `code` and `advice`. `FAILURES` is what a command or a conversation catches; anything else is a
defect and surfaces. Spoken fallbacks are phrases of `dialogs/phrases.yaml`, found by `phrase_for`.
"""

from __future__ import annotations

from dialogs.yaml_file import ContentError
from hardware.ports import HardwareError


class BedsideError(Exception):
    """An expected failure: `code` is stable, `advice` says what to do."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.code = code
        self.message = message
        self.advice = advice


class ConfigurationError(BedsideError):
    """The configuration does not fit together."""


class InputError(BedsideError):
    """A file or text that a user gave cannot be read."""


class ModelError(BedsideError):
    """A model is missing or does not load."""


class RecordsError(BedsideError):
    """A draft cannot be kept, found or changed."""


class EngineError(BedsideError):
    """An engine failed while it worked; the conversation goes on with the next rung."""


class RecognizerError(EngineError): ...


class GeneratorError(EngineError): ...


class SynthesizerError(EngineError): ...


FAILURES = (BedsideError, HardwareError, ContentError)


def phrase_for(error: Exception) -> str:
    """The phrase that the robot says to the patient when `error` ended a turn."""
    if isinstance(error, RecognizerError):
        return "language_not_heard" if error.code == "language_unsupported" else "trouble_hearing"
    if isinstance(error, RecordsError):
        return "trouble_notes"
    if isinstance(error, HardwareError):
        return "trouble_device"
    return "trouble_thinking"
