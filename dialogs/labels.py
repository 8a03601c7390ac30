"""The shape of `labels/`: what may be said about a medicine by its name, without a dose or advice to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import Field

from dialogs.model import Key, Text
from dialogs.yaml_file import ContentError, Strict, line_of, read_mapping, validate

HERE = Path(__file__).parent / "labels"


class Names(Strict):
    """What a medicine is called in one language: its generic name, and brands and other names."""

    name: str
    also: list[str] = Field(default_factory=list)


class Label(Strict):
    """One medicine. All texts are one or two plain sentences, speakable as they stand.

    kind       what it is, to be put behind the name: "a blood thinner"
    used_for   what it is usually given for
    food       food and drink, where they matter
    alcohol    alcohol, where it matters
    activity   exercise, getting up, driving, sun, where they matter
    tell       what to tell the nurse at once or soon
    allergy    the group of `allergies.yaml` that it belongs to
    """

    en: Names
    zh: Names
    kind: Text
    used_for: Text
    food: Text | None = None
    alcohol: Text | None = None
    activity: Text | None = None
    tell: Text
    allergy: Key | None = None


class LabelFile(Strict):
    """One file of `labels/`."""

    reviewer: str
    reviewed: date
    source: str
    labels: dict[Key, Label]


class AllergyFile(Strict):
    """`labels/allergies.yaml`: groups of medicines with the words by which a record names an allergy to them."""

    reviewer: str
    reviewed: date
    groups: dict[Key, dict[str, list[str]]]


@dataclass(frozen=True)
class Labels:
    """All of it."""

    labels: Mapping[str, Label]
    allergies: Mapping[str, Mapping[str, list[str]]]


def load_labels(folder: Path = HERE) -> Labels:
    """Raises ContentError: a wrong shape, a medicine that stands twice, an allergy group that is not there."""
    path = folder / "allergies.yaml"
    data, lines = read_mapping(path)
    groups = validate(data, AllergyFile, path, lines).groups
    labels: dict[str, Label] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == "allergies.yaml":
            continue
        data, lines = read_mapping(path)
        for key, label in validate(data, LabelFile, path, lines).labels.items():
            if key in labels:
                raise ContentError(path, line_of(("labels", key), lines), f"labels.{key}", "stands in another file too")
            if label.allergy is not None and label.allergy not in groups:
                line = line_of(("labels", key, "allergy"), lines)
                raise ContentError(path, line, f"labels.{key}.allergy", "no such group", label.allergy)
            labels[key] = label
    return Labels(labels, groups)
