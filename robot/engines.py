"""The engines by name: what a configuration may choose, and where it is found. Nothing here is imported until chosen.

Other distributions add their own through the entry points named here; devices are in `hardware.factory`.
"""

from __future__ import annotations

from hardware.factory import Registry

DETECTORS = Registry(
    "detector",
    "bedside.detectors",
    {"silero": "robot.hear.gate:gated_silero", "energy": "robot.hear.energy:EnergyDetector"},
)
RECOGNIZERS = Registry(
    "recognizer",
    "bedside.recognizers",
    {
        "pocketsphinx": "robot.hear.recognizers.pocketsphinx:PocketsphinxRecognizer",
        "whisper": "robot.hear.recognizers.whisper:WhisperRecognizer",
        "none": "robot.hear.recognizers.none:NoRecognizer",
    },
)
GENERATORS = Registry(
    "generator",
    "bedside.generators",
    {
        "passage": "robot.think.generators.passage:PassageGenerator",
        "transformers": "robot.think.generators.transformers:TransformersGenerator",
        "openvino": "robot.think.generators.openvino:OpenVinoGenerator",
        "openai": "robot.think.generators.openai:OpenAIGenerator",
    },
)
EMBEDDERS = Registry(
    "embedder",
    "bedside.embedders",
    {
        "bert": "robot.think.embedders.bert:BertEmbedder",
        "transformers": "robot.think.embedders.transformers:TransformersEmbedder",
    },
)
SYNTHESIZERS = Registry(
    "synthesizer",
    "bedside.synthesizers",
    {
        "espeak": "robot.speak.synthesizers.espeak:EspeakSynthesizer",
        "pyttsx3": "robot.speak.synthesizers.pyttsx3:Pyttsx3Synthesizer",
    },
)
