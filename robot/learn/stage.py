"""A stage of the pipeline: a folder with what it made, and a manifest that says from what, how and in how long.

The manifest is written last and at once. A stage whose settings and inputs are those of its manifest, and whose files
are still what it left, is not run again; one that was cut off finds its own checkpoint in the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
_STARTED = "started.json"
CHECKPOINT = "checkpoint.pt"
OF_THE_STAGE = frozenset({MANIFEST, _STARTED, CHECKPOINT})
"""Files in a stage's folder that are not what it made."""

_LIBRARIES = ("bedside", "torch", "transformers", "tokenizers", "peft", "numpy")

Report = Mapping[str, Any]
"""What a stage has to say for its manifest: counts, licences, losses …"""


@dataclass(frozen=True)
class Run:
    """One run of the pipeline: `folder` holds its stages, `seed` is theirs, `say` gets a line a stage."""

    folder: Path
    seed: int
    say: Callable[[str], None]

    def stage(
        self, name: str, config: Mapping[str, Any], inputs: Mapping[str, Path], work: Callable[[Path], Report]
    ) -> Path:
        """The folder of stage `name`, made by `work(folder)` unless it is there already.

        `inputs` are the files and folders that it reads; together with `config` and the seed they decide whether it
        has to run again. An unfinished stage of the same settings keeps its folder, one of other settings is cleared.
        """
        folder = self.folder / name
        hashes = {key: digest(path) for key, path in inputs.items()}
        key = _hash_text(json.dumps([name, config, hashes, self.seed], sort_keys=True, ensure_ascii=False))
        if _finished(folder, key):
            self.say(f"{name}: unchanged, not run again")
            return folder
        if _read(folder / _STARTED).get("key") != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            write_json(folder / _STARTED, {"key": key})
        self.say(f"{name}: …")
        began = time.perf_counter()
        report = work(folder)
        seconds = round(time.perf_counter() - began, 1)
        (folder / CHECKPOINT).unlink(missing_ok=True)
        manifest = {"stage": name, "key": key, "seed": self.seed, "seconds": seconds, "config": config}
        manifest |= {"inputs": hashes, "outputs": _files(folder), "report": report}
        write_json(folder / MANIFEST, manifest | {"versions": versions(), "hardware": hardware()})
        (folder / _STARTED).unlink(missing_ok=True)
        self.say(f"{name}: done in {seconds:.0f} s")
        return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished stage; empty when there is none."""
    return _read(folder / MANIFEST)


def write_json(path: Path, data: Any) -> None:
    """Write JSON so that the file is whole whenever somebody looks, even after a crash."""
    replace_file(path, lambda part: part.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8"))


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a file beside `path`, which then takes its place in one step."""
    part = path.with_name(path.name + ".part")
    write(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def digest(path: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of all that a stage left in a folder."""
    if path.is_dir():
        return _hash_text(json.dumps(_files(path), sort_keys=True))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """The versions of what the result depends on."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """The machine, in words."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"processor": _processor(), "cores": os.cpu_count(), "threads": torch.get_num_threads(), "gpu": gpu}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _finished(folder: Path, key: str) -> bool:
    manifest = read_manifest(folder)
    return manifest.get("key") == key and manifest.get("outputs") == _files(folder)


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
    return {path.relative_to(folder).as_posix(): digest(path) for path in paths if path.name not in OF_THE_STAGE}


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
