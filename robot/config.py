"""The typed configuration: defaults here, laid over by YAML files, laid over by environment variables.

An unknown key fails with file and line. `configs/default.yaml` is the documented whole and equals these defaults (a
test keeps it so). `BEDSIDE__RECOGNIZER__ENGINE=whisper` sets `recognizer.engine`; values are read as YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveFloat

from dialogs.yaml_file import Location, Strict, read_mapping, read_value, validate
from robot.hear.listen import Endpointing

PREFIX = "BEDSIDE__"


class Driver(Strict):
    """A device: the name of its driver, and what that driver's constructor takes."""

    driver: str = "simulated"
    options: dict[str, Any] = Field(default_factory=dict)


class Detector(Strict):
    """Voice-activity detection."""

    engine: str = "silero"
    options: dict[str, Any] = Field(default_factory=dict)


class Recognition(Strict):
    """Speech to text."""

    engine: str = "pocketsphinx"
    options: dict[str, Any] = Field(default_factory=dict)
    limit_s: PositiveFloat = 8.0


class Embedding(Strict):
    """What compares texts by their meaning, for retrieval; `none` compares words alone."""

    engine: str = "bert"
    options: dict[str, Any] = Field(default_factory=dict)


class Knowledge(Strict):
    """Imported knowledge: the folder that libraries lie in (default: the user's data), and the one that is searched."""

    folder: Path | None = None
    library: str = "imported"


class Generation(Strict):
    """Who writes answers: without options the GPT that ships. The reviewed passage as written stands below it."""

    engine: str = "transformers"
    options: dict[str, Any] = Field(default_factory=dict)
    deadline_s: PositiveFloat = 1.2


class Synthesis(Strict):
    """Text to speech."""

    engine: str = "espeak"
    options: dict[str, Any] = Field(default_factory=dict)


class Drafts(Strict):
    """What the robot notes for the clinicians: nowhere, in memory for one visit, or in an encrypted file.

    None leaves it to the command: `talk` keeps a file, `simulate` the visit, text commands nothing. `folder` None is
    the user's data folder.
    """

    keep: Literal["nothing", "visit", "file"] | None = None
    folder: Path | None = None


class RoomConfig(Strict):
    """The acoustics between simulated devices; see `hardware.room.Room`."""

    noise_snr_db: float | None = 35.0
    echo_gain_db: float | None = -30.0
    echo_delay_ms: float = Field(default=40.0, ge=0, le=1000)
    clock_drift_ppm: float = Field(default=0.0, ge=-1000, le=1000)


class Config(Strict):
    """One robot."""

    language: Literal["en", "zh"] = "en"
    bed: str = "bed 1"
    patient: Path | None = None
    dialogs: Path | None = None
    clock: Literal["system", "simulated"] = "system"
    microphone: Driver = Driver()
    speaker: Driver = Driver()
    display: Driver = Driver()
    nurse_call: Driver = Driver()
    room: RoomConfig = RoomConfig()
    detector: Detector = Detector()
    endpointing: Endpointing = Endpointing()
    recognizer: Recognition = Recognition()
    embedder: Embedding = Embedding()
    knowledge: Knowledge = Knowledge()
    generator: Generation = Generation()
    synthesizer: Synthesis = Synthesis()
    drafts: Drafts = Drafts()
    dead_air_s: PositiveFloat = 2.0


def by_text(config: Config) -> Config:
    """The same robot for a conversation by text: no recognizer is loaded, and no sound is taken for a voice."""
    quiet = config.room.model_copy(update={"noise_snr_db": None, "echo_gain_db": None})
    changes = {"recognizer": Recognition(engine="none"), "detector": Detector(engine="energy"), "room": quiet}
    return config.model_copy(update=changes)


def load_config(paths: Sequence[Path] = (), environment: Mapping[str, str] | None = None) -> Config:
    """The configuration from the files in `paths`, the later over the earlier, and `environment` over them.

    Raises ContentError naming file (or variable), line, key and value.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        data, lines = read_mapping(path)
        validate(data, Config, path, lines)
        merged = _over(merged, data)
    for name, value in sorted((environment or {}).items()):
        if name.startswith(PREFIX):
            merged = _over(merged, _from_environment(name, value))
    return validate(merged, Config, "configuration", {})


def _from_environment(name: str, value: str) -> dict[str, Any]:
    data: Any = read_value(value, f"${name}")
    for part in reversed(name.removeprefix(PREFIX).lower().split("__")):
        data = {part: data}
    lines: dict[Location, int] = {}
    validate(data, Config, f"${name}", lines)
    return dict(data)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for choice in ("driver", "engine"):
        # Options belong to the driver that they were written for; another one would not know them.
        if choice in above and above[choice] != below.get(choice):
            merged.pop("options", None)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
