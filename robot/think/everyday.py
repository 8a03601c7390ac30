"""What patients ask and tell all day: questions of the passages, complaints, and stories made from frames."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dialogs.labels import Labels
from dialogs.model import Intents, PassageText
from dialogs.redflags import RedFlags
from dialogs.requests import Requests
from dialogs.triage import Triage
from robot.events import Language

_STORIES = 900
_SEED = 5


def everyday_talk(
    language: Language, *, passages: Sequence[PassageText], requests: Requests, triage: Triage, labels: Labels
) -> list[str]:
    """Texts in `language` that ask for nothing to be declined, the same for the same content."""
    rng = random.Random(_SEED)
    texts = [question for passage in passages for question in getattr(passage.questions, language)]
    texts += [example.text for example in triage.examples if example.text.isascii() == (language == "en")]
    said = [phrase for symptom in triage.symptoms.values() for phrase in getattr(symptom, language).say]
    named = [getattr(condition, language).name for condition in triage.conditions.values()]
    medicines = [getattr(label, language).name for label in labels.labels.values()]
    frames = requests.stories.zh if language == "zh" else requests.stories.en
    for number in range(_STORIES):
        frame = frames[number % len(frames)]
        filled = frame.replace("{a}", rng.choice(said)).replace("{b}", rng.choice(said))
        texts.append(filled.replace("{c}", rng.choice(named)).replace("{m}", rng.choice(medicines)))
    return list(dict.fromkeys(texts))


def of_emergencies(language: Language, redflags: RedFlags) -> list[str]:
    """Emergencies and what only sounds like one: neither is a request that is declined."""
    flags = redflags.flags.values()
    texts = [text for flag in flags for text in getattr(flag, language).examples]
    return texts + [text for flag in flags for text in getattr(flag, language).near_misses]


def without_emergencies(
    language: Language, *, passages: Sequence[PassageText], intents: Intents, requests: Requests, triage: Triage
) -> list[str]:
    """Texts in `language` that tell of no emergency: questions, commands, requests, complaints that can wait."""
    texts = [question for passage in passages for question in getattr(passage.questions, language)[:3]]
    texts += [example for intent in intents.intents.values() for example in getattr(intent, language).examples]
    texts += [
        example.text
        for example in triage.examples
        if "emergency" not in example.level and example.text.isascii() == (language == "en")
    ]
    texts += [text for each in requests.harmless.values() for text in getattr(each, language)]
    calm = [symptom for symptom in triage.symptoms.values() if symptom.danger is None]
    texts += [phrase.removeprefix("=") for symptom in calm for phrase in getattr(symptom, language).say[:2]]
    return list(dict.fromkeys(texts))
