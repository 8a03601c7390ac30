"""Defaults, files over defaults, environment over files; what does not fit is named with file, line, key and value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import robot
from dialogs.yaml_file import ContentError, read_mapping
from robot.config import Config, load_config

CONFIGS = Path(robot.__file__).parent.parent / "configs"


def written(tmp_path: Path, text: str, name: str = "mine.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_file_equals_the_defaults() -> None:
    assert load_config([CONFIGS / "default.yaml"]) == Config() == load_config()


def test_the_default_file_names_every_key() -> None:
    data, _ = read_mapping(CONFIGS / "default.yaml")

    def keys(mapping: dict[str, object]) -> set[str]:
        return set(mapping) | {
            f"{key}.{inner}" for key, value in mapping.items() if isinstance(value, dict) for inner in keys(value)
        }

    assert keys(data) == keys(Config().model_dump(mode="json"))


ROBOTS = [path for path in sorted(CONFIGS.glob("*.yaml")) if not path.name.startswith("train")]


@pytest.mark.parametrize("path", ROBOTS, ids=lambda path: path.name)
def test_every_shipped_configuration_is_read(path: Path) -> None:
    assert isinstance(load_config([path]), Config)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("bed: bed 2\nlanguag: zh\n", 2, "languag"),
        ("room:\n  noise_snr_db: 20\n  echo: -10\n", 3, "room.echo"),
        ("endpointing:\n  end_silence: 900\n", 2, "endpointing.end_silence"),
        ("microphone: {driver: portaudio, rate: 3}\n", 1, "microphone.rate"),
    ],
)
def test_an_unknown_key_is_named_with_its_file_and_line(tmp_path: Path, text: str, line: int, key: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ContentError) as raised:
        load_config([path])
    error = raised.value
    assert (error.path, error.line, error.key) == (str(path), line, key)
    assert "unknown key" in error.message
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("language: fr\n", "language"),
        ("dead_air_s: 0\n", "dead_air_s"),
        ("dead_air_s: soon\n", "dead_air_s"),
        ("room: {echo_delay_ms: -1}\n", "room.echo_delay_ms"),
        ("room: none\n", "room"),
        ("endpointing: {threshold: loud}\n", "endpointing.threshold"),
        ("recognizer: {limit_s: -3}\n", "recognizer.limit_s"),
        ("microphone: portaudio\n", "microphone"),
        ("clock: sundial\n", "clock"),
        ("dead_air_s: .nan\n", "dead_air_s"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ContentError) as raised:
        load_config([written(tmp_path, text)])
    assert raised.value.key == key
    assert raised.value.line == 1


def test_later_files_lie_over_earlier_ones_and_the_environment_over_all(tmp_path: Path) -> None:
    below = written(tmp_path, "bed: one\nlanguage: zh\nroom: {echo_gain_db: -20, echo_delay_ms: 80}\n", "a.yaml")
    above = written(tmp_path, "bed: two\nroom: {echo_gain_db: null}\n", "b.yaml")
    config = load_config([below, above], {"BEDSIDE__BED": "three", "HOME": "/"})
    assert (config.bed, config.language) == ("three", "zh")
    assert (config.room.echo_gain_db, config.room.echo_delay_ms) == (None, 80)
    assert load_config([above, below]).bed == "one"


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("BEDSIDE__RECOGNIZER__ENGINE", "whisper", lambda config: config.recognizer.engine == "whisper"),
        ("BEDSIDE__ENDPOINTING__END_SILENCE_MS", "1200", lambda config: config.endpointing.end_silence_ms == 1200),
        ("BEDSIDE__ROOM__NOISE_SNR_DB", "null", lambda config: config.room.noise_snr_db is None),
        ("BEDSIDE__MICROPHONE__OPTIONS", "{device: 3}", lambda config: config.microphone.options == {"device": 3}),
        ("BEDSIDE__MICROPHONE__OPTIONS__DEVICE", "usb", lambda config: config.microphone.options == {"device": "usb"}),
        ("BEDSIDE__BED", "on", lambda config: config.bed == "on"),
        ("BEDSIDE__BED", "no", lambda config: config.bed == "no"),
    ],
)
def test_the_environment_sets_any_value(name: str, value: str, read: object) -> None:
    assert callable(read)
    assert read(load_config([], {name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEDSIDE__LANGUAGE", "fr"),
        ("BEDSIDE__NO_SUCH", "1"),
        ("BEDSIDE__", "1"),
        ("BEDSIDE__ROOM", "3"),
        ("BEDSIDE__BED", "[unclosed"),
        ("BEDSIDE__BED", "a: b: c"),
        ("BEDSIDE__BED", "2026-99-99"),
        ("BEDSIDE__BED", "!!python/object:os.system x"),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ContentError) as raised:
        load_config([], {name: value})
    assert f"${name}" in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.text(max_size=60))
def test_any_value_of_a_variable_is_read_or_refused(value: str) -> None:
    try:
        config = load_config([], {"BEDSIDE__BED": value})
    except ContentError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(config.bed, str)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no such file"):
        load_config([tmp_path / "none.yaml"])


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_config([written(tmp_path, "# nothing\n")]) == Config()


def test_a_configuration_is_frozen() -> None:
    with pytest.raises(Exception, match="frozen"):
        Config().bed = "other"  # type: ignore[misc]


@pytest.mark.parametrize(("part", "choice"), [("speaker", "driver"), ("recognizer", "engine")])
def test_options_do_not_outlive_the_driver_they_were_written_for(tmp_path: Path, part: str, choice: str) -> None:
    first = written(tmp_path, f"{part}: {{{choice}: one, options: {{size: 3}}}}\n", "first.yaml")
    other = written(tmp_path, f"{part}: {{{choice}: two, options: {{speed: 1}}}}\n", "other.yaml")
    same = written(tmp_path, f"{part}: {{{choice}: one, options: {{speed: 1}}}}\n", "same.yaml")
    assert getattr(load_config([first, other]), part).options == {"speed": 1}
    assert getattr(load_config([first, same]), part).options == {"size": 3, "speed": 1}
