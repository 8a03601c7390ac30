"""From names to drivers."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from hardware import factory
from hardware.clock import SimulatedClock
from hardware.factory import CLOCKS, DISPLAYS, MICROPHONES, NURSE_CALLS, SPEAKERS, Registry
from hardware.ports import HardwareError
from hardware.room import Room
from hardware.simulated import SimulatedSpeaker

REGISTRIES = [CLOCKS, DISPLAYS, MICROPHONES, NURSE_CALLS, SPEAKERS]


def toy(size: int = 1, clock: Any = None) -> tuple[int, Any]:
    return size, clock


TOYS = Registry(
    "toy",
    "bedside.toys",
    {"small": f"{__name__}:toy", "lost": "no_such_module_here:Toy", "broken": f"{__name__}:no_such_name"},
)


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_every_builtin_name_leads_to_a_class(registry: Registry) -> None:
    for name in registry.builtin:
        assert callable(registry._load(name)), name
    assert set(registry.builtin) <= set(registry.names())


def test_a_driver_gets_the_parts_it_asks_for_and_the_options_of_the_user() -> None:
    clock = SimulatedClock()
    speaker = SPEAKERS.create("simulated", {"rate": 16_000}, clock=clock, room=Room(clock), blocking=None)
    assert isinstance(speaker, SimulatedSpeaker)
    assert speaker.rate == 16_000
    assert TOYS.create("small", {}, clock=clock, room=1) == (1, clock)


@pytest.mark.parametrize(
    ("name", "options", "code", "said"),
    [
        ("smal", {}, "toy_unknown", "Did you mean 'small'?"),
        ("huge", {}, "toy_unknown", "Known: broken, lost, small."),
        ("", {}, "toy_unknown", "Known"),
        ("lost", {}, "toy_unavailable", "no_such_module_here"),
        ("small", {"colour": 1}, "toy_option_unknown", "Known: size."),
        ("small", {"clock": 1}, "toy_option_unknown", "no option 'clock'"),
    ],
)
def test_what_does_not_fit_is_an_error_with_advice(name: str, options: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(HardwareError) as raised:
        TOYS.create(name, options, clock=None)
    assert raised.value.code == code
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_another_distribution_adds_a_driver_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("large", f"{__name__}:toy", "bedside.toys")
    monkeypatch.setattr(factory, "entry_points", lambda group: [point] if group == "bedside.toys" else [])
    assert "large" in TOYS.names()
    assert TOYS.create("large", {"size": 9}) == (9, None)


def test_a_driver_of_another_distribution_whose_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("large", "no_such_module_here:Toy", "bedside.toys")
    monkeypatch.setattr(factory, "entry_points", lambda group: [point])
    with pytest.raises(HardwareError) as raised:
        TOYS.create("large", {})
    assert raised.value.code == "toy_unavailable"
