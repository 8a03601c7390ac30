"""Voice activity by the Silero model: one small network run on every 32 ms of sound."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from hardware.audio import RATE, Samples
from robot.errors import ModelError

_WINDOW = 512
_CONTEXT = 64
"""Samples of the window before that the network wants to see again."""
_MODEL = "silero_vad_openvino_16k.onnx"
"""Of the files in the wheel the one with fixed shapes and one rate: a third less time a window, same output."""


class SileroDetector:
    """A `VoiceActivityDetector`; the network is shared by all detectors of the process, the state is each one's own.

    Raises ModelError (`model_missing`) where onnxruntime or the silero-vad wheel is not installed.
    """

    rate = RATE
    window = _WINDOW

    def __init__(self) -> None:
        self._session = _session()
        self._sound = np.zeros((1, _CONTEXT + _WINDOW), dtype=np.float32)
        self._context, self._fresh = self._sound[0, :_CONTEXT], self._sound[0, _CONTEXT:]
        self._tail = self._sound[0, _WINDOW:]
        self._result = np.zeros((1, 1), dtype=np.float32)
        # Two buffers take turns as the state that goes in and the state that comes out, so that nothing is copied.
        states = np.zeros((2, 1, 128), dtype=np.float32), np.zeros((2, 1, 128), dtype=np.float32)
        self._states = states
        self._next, self._after = self._bind(*states), self._bind(*reversed(states))

    def probability(self, window: Samples) -> float:
        """0…1 for the next 512 samples."""
        self._context[:] = self._tail
        np.multiply(window, np.float32(1 / 32768), out=self._fresh)
        self._session.run_with_iobinding(self._next)
        self._next, self._after = self._after, self._next
        return float(self._result[0, 0])

    def reset(self) -> None:
        self._sound[:] = 0.0
        for state in self._states:
            state[:] = 0.0

    def _bind(self, state: Any, new_state: Any) -> Any:
        binding = self._session.io_binding()
        for name, array in (("input", self._sound), ("state", state)):
            binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        for name, array in (("output", self._result), ("stateN", new_state)):
            binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return binding


@functools.cache
def _session() -> Any:
    """The network; found without importing `silero_vad`, which would import torch."""
    wheel = importlib.util.find_spec("silero_vad")
    if wheel is None or wheel.origin is None or importlib.util.find_spec("onnxruntime") is None:
        raise ModelError(
            "model_missing",
            "The Silero voice-activity model is not installed.",
            "Run `pip install onnxruntime && pip install --no-deps silero-vad`, or choose the detector `energy`.",
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # its warnings are about unused constants in the file
    path = Path(wheel.origin).parent / "data" / _MODEL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
