# Every target sets up what it needs; `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup python check format lint types imports test unit demo serve bench stop clean

# Where the base image comes from: auto, official or debian.
BASE ?= auto
export PATH := $(CURDIR)/.tools/uv/bin:$(PATH)
UV_RUN := uv run --locked

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

setup: ## Install and start what this machine lacks: Python environment, BuildKit, registry, base image
	@python3 -m tools.setup_machine start --base $(BASE)

python: # the Python environment alone
	@python3 -m tools.setup_machine python

check: format lint types imports test ## Everything that must hold before a commit

format: python ## Is everything formatted?
	$(UV_RUN) ruff format --check .

lint: python ## Does ruff accept the code?
	$(UV_RUN) ruff check .

types: python ## Does mypy accept the types?
	$(UV_RUN) mypy
	$(UV_RUN) mypy -p tools

imports: python ## Do imports point down?
	$(UV_RUN) lint-imports
	$(UV_RUN) deptry .

test: setup ## All tiers of tests, in two processes
	$(UV_RUN) pytest -n 2 --dist loadfile

unit: python ## The tests that need no network and no engine
	$(UV_RUN) pytest tests/unit tests/architecture

demo: setup ## A push becomes an image and its task runs
	$(UV_RUN) python tools/demo.py

serve: setup ## The service and the GitHub simulator, until Ctrl-C
	$(UV_RUN) python tools/demo.py --keep

bench: setup ## Measure acknowledgements and builds
	$(UV_RUN) python -m tests.benchmarks

stop: ## Stop the daemons that the set-up started
	@python3 -m tools.setup_machine stop

clean: stop ## Remove what was made here, the caches of BuildKit and the registry too
	rm -rf .pushwright .tools .venv tools/npm/node_modules
