"""The shape of `triage/`: symptoms as people name them, and conditions with what is typical of each.

It is what the symptom check asks from, what urgency is judged by, and what a differential for the clinician is drawn
from. Nothing of it is spoken to a patient as a diagnosis. Not clinically approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dialogs.model import Key, Spoken, Text
from dialogs.yaml_file import ContentError, Location, Strict, line_of, read, read_mapping, validate

HERE = Path(__file__).parent / "triage"

Level = Literal["emergency", "urgent", "routine", "self_care"]
"""Now; within a day; an appointment; care for oneself and watch."""
Often = Literal["always", "often", "sometimes", "rarely"]
"""About 95, 70, 35 and 10 of a hundred who have the condition."""
Onset = Literal["minutes", "hours", "days", "weeks", "months", "years"]


class Lay(Strict):
    """A symptom in one language.

    name   for the clinician's page
    say    words by which it is meant, of patients and of doctors' notes; order, little words and endings do not matter,
           but for a phrase that begins with "="
    ask    the question whether one has it
    """

    name: str
    say: list[Annotated[str, Field(min_length=1)]] = Field(min_length=3)
    ask: Spoken


class Symptom(Strict):
    """Something a patient may have.

    danger     what it means by itself, whatever else there is
    implies    wider symptoms that who has this one has too
    lifestyle  by itself a matter of habits rather than a complaint
    """

    en: Lay
    zh: Lay
    danger: Literal["emergency", "urgent"] | None = None
    implies: list[Key] = Field(default_factory=list)
    lifestyle: bool = False


class SymptomFile(Strict):
    """One file of `triage/symptoms/`: one region of the body."""

    reviewer: str
    reviewed: date
    symptoms: dict[Key, Symptom]


class Name(Strict):
    """A condition in one language, and other names for it."""

    name: str
    also: list[str] = Field(default_factory=list)


class Condition(Strict):
    """A disease or disorder.

    urgency     how soon somebody with the typical picture should be seen
    frequency   among people who see a doctor
    age, sex    of those who usually get it; others are not excluded
    onset       how long it has usually been there when somebody asks
    features    symptoms, and how often they belong to it
    risks       circumstances that make it likelier
    red_flags   symptoms that make it an emergency
    self_care   what helps, and when to come, in general words
    """

    en: Name
    zh: Name
    urgency: Level
    frequency: Literal["common", "uncommon", "rare"]
    age: tuple[int, int] = (0, 120)
    sex: Literal["any", "female", "male"] = "any"
    onset: list[Onset] = Field(min_length=1)
    features: dict[Key, Often] = Field(min_length=3)
    risks: list[Key] = Field(default_factory=list)
    red_flags: list[Key] = Field(default_factory=list)
    self_care: Text

    @model_validator(mode="after")
    def _ages_rise(self) -> Condition:
        if not 0 <= self.age[0] <= self.age[1] <= 120:
            raise ValueError("age: from 0 to 120, the lower first")
        return self


class ConditionFile(Strict):
    """One file of `triage/conditions/`: one part of medicine."""

    reviewer: str
    reviewed: date
    conditions: dict[Key, Condition]


class Danger(Strict):
    """Findings that together are at least of `level`: all of `all` and, where it is given, one of `any`."""

    about: str
    all: list[Key] = Field(min_length=1)
    any: list[Key] = Field(default_factory=list)
    level: Literal["emergency", "urgent"]


class DangerFile(Strict):
    """`triage/dangers.yaml`."""

    reviewer: str
    reviewed: date
    dangers: list[Danger]


class Example(Strict):
    """A complaint as people tell it, and how soon it should be seen: one level, or two where either would do."""

    text: str
    level: list[Level] = Field(min_length=1, max_length=2)


class ExampleFile(Strict):
    """`triage/examples.yaml`."""

    reviewer: str
    reviewed: date
    examples: list[Example]


@dataclass(frozen=True)
class Triage:
    """All symptoms, conditions and dangers of a dialogs folder.

    regions    the symptoms of each file of `symptoms/`
    examples   what it is measured on
    """

    symptoms: Mapping[str, Symptom]
    conditions: Mapping[str, Condition]
    dangers: Sequence[Danger]
    examples: Sequence[Example]
    regions: Mapping[str, Sequence[str]]


def load_triage(folder: Path = HERE) -> Triage:
    """Raises ContentError: a shape that is wrong, an id that stands twice, a symptom that no file has."""
    symptoms: dict[str, Symptom] = {}
    regions: dict[str, Sequence[str]] = {}
    conditions: dict[str, Condition] = {}
    for path in sorted((folder / "symptoms").glob("*.yaml")):
        data, lines = read_mapping(path)
        here = validate(data, SymptomFile, path, lines).symptoms
        _add(path, lines, "symptoms", symptoms, here)
        regions[path.stem] = tuple(here)
    for key, known in symptoms.items():
        for wider in known.implies:
            if wider not in symptoms:
                raise ContentError(folder / "symptoms", None, f"symptoms.{key}.implies", "no such symptom", wider)
    for path in sorted((folder / "conditions").glob("*.yaml")):
        data, lines = read_mapping(path)
        found = validate(data, ConditionFile, path, lines).conditions
        for key, condition in found.items():
            for part in ("features", "risks", "red_flags"):
                for symptom in getattr(condition, part):
                    if symptom not in symptoms:
                        line = line_of(("conditions", key, part), lines)
                        raise ContentError(path, line, f"conditions.{key}.{part}", "no such symptom", symptom)
        _add(path, lines, "conditions", conditions, found)
    path = folder / "dangers.yaml"
    data, lines = read_mapping(path)
    dangers = validate(data, DangerFile, path, lines).dangers
    for number, danger in enumerate(dangers):
        for symptom in (*danger.all, *danger.any):
            if symptom not in symptoms:
                line = line_of(("dangers", number), lines)
                raise ContentError(path, line, f"dangers.{number}", "no such symptom", symptom)
    examples = read(folder / "examples.yaml", ExampleFile).examples
    return Triage(symptoms, conditions, dangers, examples, regions)


def _add(path: Path, lines: Mapping[Location, int], top: str, known: dict[str, Any], found: Mapping[str, Any]) -> None:
    for key in found:
        if key in known:
            raise ContentError(path, line_of((top, key), lines), f"{top}.{key}", "this id stands in another file too")
    known.update(found)
