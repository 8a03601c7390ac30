"""The import rule of the house, read from the sources, and what importing the runtime costs.

hardware, dialogs ← vocabulary ← stages (which never import each other) ← conversation ← app ← products ← __main__
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import robot

ROOT = Path(robot.__file__).resolve().parent.parent
PACKAGES = ("hardware", "dialogs", "robot")

LAYERS: list[tuple[str, ...]] = [
    ("hardware", "dialogs"),
    (
        "robot",
        "robot.errors",
        "robot.events",
        "robot.folders",
        "robot.jsonl",
        "robot.patient",
        "robot.stages",
        "robot.blocking",
    ),
    ("robot.hear", "robot.think", "robot.speak", "robot.turns", "robot.records", "robot.nurse_line"),
    ("robot.config", "robot.scope", "robot.effects", "robot.reply", "robot.conversation"),
    ("robot.engines",),
    ("robot.content",),
    ("robot.app", "robot.doctor_checks"),
    # products
    (
        "robot.ask",
        "robot.drafts",
        "robot.files",
        "robot.search",
        "robot.summarize",
        "robot.knowledge",
        "robot.learned",
        "robot.talk",
        "robot.try_flow",
        "robot.simulate",
        "robot.evaluate",
        "robot.doctor",
        "robot.learn",
    ),
    ("robot.__main__", "robot.commands"),
]
"""From the bottom up. A name stands for a module, or for a package with all that is in it."""

GROUPS = ("hardware", "dialogs", "robot.hear", "robot.think", "robot.speak", "robot.records")
"""Packages that know nothing of each other."""

HEAVY = ("torch", "transformers", "onnxruntime", "sounddevice", "pocketsphinx", "whisper", "matplotlib", "textual")
HEAVY += ("wetext", "jieba", "numba", "pyttsx3")


@cache
def modules() -> dict[str, Path]:
    """Every module of ours, by its name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imports(name: str, *, when_imported: bool = False) -> set[str]:
    """What a module imports, for type checkers only left out; `when_imported`: without what functions import."""
    found: set[str] = set()
    for node in _import_nodes(ast.parse(modules()[name].read_text(encoding="utf-8")), when_imported):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            assert node.level == 0 and node.module, f"{name}: relative imports are not used here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def _import_nodes(node: ast.AST, when_imported: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        if when_imported and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        else:
            yield from _import_nodes(child, when_imported)


def ours(name: str, *, when_imported: bool = False) -> set[str]:
    """The modules of ours that a module imports; a package only where nothing in it is named."""
    found = imports(name, when_imported=when_imported) & set(modules())
    return {other for other in found if other != name and not any(each.startswith(f"{other}.") for each in found)}


def top_level(name: str) -> set[str]:
    return {each.partition(".")[0] for each in imports(name)}


def layer(name: str) -> int:
    """The layer of a module: that of the longest name that covers it."""
    covering = [
        (len(entry), number)
        for number, entries in enumerate(LAYERS)
        for entry in entries
        if name == entry or (name.startswith(f"{entry}.") and entry != "robot")
    ]
    assert covering, f"{name} has no layer: add it to LAYERS, or move it where it belongs"
    return max(covering)[1]


def group(name: str) -> str | None:
    return next((each for each in GROUPS if name == each or name.startswith(f"{each}.")), None)


def test_every_module_has_its_layer() -> None:
    assert len(modules()) > 50
    assert {layer(name) for name in modules()} == set(range(len(LAYERS)))


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_lead_downward_only(name: str) -> None:
    wrong = {other for other in ours(name) if layer(other) > layer(name)}
    assert not wrong, f"{name} imports {wrong} from above"


@pytest.mark.parametrize("name", sorted(name for name in modules() if group(name)))
def test_groups_know_nothing_of_each_other(name: str) -> None:
    siblings = {other for other in ours(name) if layer(other) == layer(name) and group(other) != group(name)}
    assert not siblings, f"{name} imports {siblings}: what they share belongs below"


def test_there_are_no_cycles() -> None:
    """Among the imports that run when a module is imported."""
    graph = {name: ours(name, when_imported=True) for name in modules()}
    while graph:
        free = {name for name, others in graph.items() if not others & graph.keys()}
        assert free, f"these import each other in a circle: {sorted(graph)}"
        for name in free:
            del graph[name]


ALLOWED: dict[str, dict[str, str]] = {
    "concurrent": {
        "robot.blocking": "the only door to threads",
        "robot.knowledge": "embeds many texts on all cores, with no conversation near",
    },
    "multiprocessing": {},
    "threading": {
        "hardware.play_queue": "what PortAudio's callback shares with the loop",
        "hardware.portaudio_stream": "frames hop from PortAudio's thread onto the loop",
        "robot.speak.synthesizers.espeak_library": "one lock around a library with global state",
        "robot.hear.recognizers.whisper": "an event that stops a recognition",
    },
    "subprocess": {
        "hardware.patient_voice": "the voice of the simulated patient is a program",
        "robot.speak.synthesizers.pyttsx3": "pyttsx3 hangs, so it lives in a child that can be killed",
        "robot.doctor_checks": "asks programs for their version",
        "robot.evaluate.bench.cold": "starts the command line anew",
    },
    "time": {
        "robot.speak.synthesizers.pyttsx3": "how long its child may be silent",
        "robot.speak.synthesizers.pyttsx3_child": "a process of its own, without a loop",
        "robot.evaluate": "measures",
        "robot.learn": "measures, and saves a checkpoint every so often",
    },
}
"""Who may import what ties a conversation to the machine, and why."""


@pytest.mark.parametrize("library", ALLOWED)
def test_threads_processes_and_time_have_few_doors(library: str) -> None:
    allowed = ALLOWED[library]
    users = {name for name in modules() if library in top_level(name)}
    odd = {name for name in users if not any(name == door or name.startswith(f"{door}.") for door in allowed)}
    assert not odd, f"{library} is imported by {odd}; go through robot/blocking.py or the clock"


def test_only_the_clock_sleeps_and_asks_for_the_time() -> None:
    asking = ("asyncio.sleep(", "datetime.now(", "datetime.utcnow(")
    found = {
        (name, call)
        for name, path in modules().items()
        for call in asking
        if call in path.read_text(encoding="utf-8") and not name.startswith("robot.evaluate")
    }
    assert {name for name, _ in found} == {"hardware.clock"}


def test_every_package_is_listed_for_the_wheel() -> None:
    """`robot` is also the import name of Robot Framework, so the packages are listed and not discovered."""
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    on_disk = {name for name, path in modules().items() if path.name == "__init__.py"}
    assert set(listed) == on_disk


def test_robot_is_ours() -> None:
    assert Path(robot.__file__).resolve() == ROOT / "robot" / "__init__.py"
    assert (ROOT / "pyproject.toml").is_file()


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_runtime_imports_nothing_heavy() -> None:
    printed = python(f"import sys, robot.app, robot.ask; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert printed.strip() == "[]"


def test_help_needs_neither_numpy_nor_pydantic() -> None:
    code = """
import contextlib, io, sys
from robot.__main__ import main
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main(["--help"])
assert "simulate" in out.getvalue()
print([m for m in ("numpy", "pydantic", "yaml", "asyncio") if m in sys.modules])
"""
    assert python(code).strip() == "[]"


@pytest.mark.parametrize("library", ["print(", "logging.basicConfig("])
def test_libraries_do_not_print(library: str) -> None:
    """Only the command line writes to the terminal."""
    printing = {
        name
        for name in modules()
        if layer(name) < len(LAYERS) - 2 and any(_calls(node, library[:-1]) for node in ast.walk(_tree(name)))
    }
    assert printing <= {"robot.speak.synthesizers.pyttsx3_child"}, "a child process answers on its standard output"


def _tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


def _calls(node: ast.AST, function: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == function
