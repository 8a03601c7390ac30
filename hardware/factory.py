"""From a name in the configuration to a driver or engine: built-in ones by table, third-party ones by entry point.

A driver is imported only when it is asked for, so a missing vendor library hurts only those who use it.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from hardware.ports import HardwareError


@dataclass(frozen=True)
class Registry:
    """The drivers of one kind.

    `kind` is the word in the configuration and in error codes (`microphone`); `group` is the entry-point group in
    which a third-party distribution offers more (`bedside.microphones`); `builtin` maps names to `module:Class`.
    """

    kind: str
    group: str
    builtin: Mapping[str, str]

    def names(self) -> list[str]:
        """All names that `create` would accept here, third-party ones included."""
        return sorted({*self.builtin, *(point.name for point in entry_points(group=self.group))})

    def create(self, name: str, options: Mapping[str, Any], **parts: Any) -> Any:
        """Build the driver `name` with `options` of the user; of `parts` it gets those that it asks for by name.

        Raises HardwareError: `<kind>_unknown`, `<kind>_option_unknown`, `<kind>_unavailable` (library missing).
        """
        target = self._load(name)
        parameters = inspect.signature(target).parameters
        wanted = {key: value for key, value in parts.items() if key in parameters}
        for key in options:
            if key not in parameters or key in parts:
                known = ", ".join(sorted(set(parameters) - set(parts))) or "none"
                raise HardwareError(
                    f"{self.kind}_option_unknown", f"{self.kind} '{name}' has no option '{key}'.", f"Known: {known}."
                )
        return target(**wanted, **options)

    def _load(self, name: str) -> Any:
        try:
            if name in self.builtin:
                module, _, attribute = self.builtin[name].partition(":")
                return getattr(import_module(module), attribute)
            for point in entry_points(group=self.group):
                if point.name == name:
                    return point.load()
        except ImportError as error:
            raise HardwareError(
                f"{self.kind}_unavailable",
                f"{self.kind} '{name}' needs a library that is missing ({error}).",
                "Run `bedside doctor` for the command that installs it.",
            ) from error
        near = difflib.get_close_matches(name, self.names(), n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise HardwareError(
            f"{self.kind}_unknown", f"There is no {self.kind} '{name}'.", f"{hint}Known: {', '.join(self.names())}."
        )


MICROPHONES = Registry(
    "microphone",
    "bedside.microphones",
    {"portaudio": "hardware.portaudio:PortAudioMicrophone", "simulated": "hardware.simulated:SimulatedMicrophone"},
)
SPEAKERS = Registry(
    "speaker",
    "bedside.speakers",
    {"portaudio": "hardware.portaudio:PortAudioSpeaker", "simulated": "hardware.simulated:SimulatedSpeaker"},
)
DISPLAYS = Registry(
    "display",
    "bedside.displays",
    {"terminal": "hardware.terminal:TerminalDisplay", "simulated": "hardware.simulated:SimulatedDisplay"},
)
NURSE_CALLS = Registry(
    "nurse_call",
    "bedside.nurse_calls",
    {
        "log": "hardware.nurse_call:LogNurseCall",
        "webhook": "hardware.nurse_call:WebhookNurseCall",
        "simulated": "hardware.simulated:SimulatedNurseCall",
    },
)
CLOCKS = Registry(
    "clock",
    "bedside.clocks",
    {"system": "hardware.clock:SystemClock", "simulated": "hardware.clock:SimulatedClock"},
)
