PYTHON ?= python3
DOCKER ?= docker
export DOCKER

.DEFAULT_GOAL := help
.PHONY: help install serve test check bench survive browser page operate clients scale deploy conformance exhaustive fuzz image lock clean

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

install: .venv/dev  ## make .venv, with exactly what is locked

serve: .venv/run  ## listen on DROPOUT_HOST:DROPOUT_PORT
	@exec .venv/bin/python -m app

# Side by side, one more than the least machine has cores, for much of it is waiting; who is done first takes of the rest
WORKERS ?= 3
BESIDE = -n $(WORKERS) --dist worksteal

# Else each of them, and each service that a test starts, would compile the same again
unexport PYTHONDONTWRITEBYTECODE

test: .venv/dev  ## every test that needs nothing else
	.venv/bin/python -m pytest $(BESIDE)

exhaustive: .venv/dev  ## the combinations that `make test` leaves out
	.venv/bin/python -m pytest -m exhaustive $(BESIDE)

check: .venv/dev  ## style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

# What one would use instead, each in an environment of its own: some ask for packages that ours has left behind
PEERS = plain mlserver bentoml litserve

# Not all can be had on every Python; without one the rest is measured, and bench fails in the end
bench: .venv/run .venv-conformance/ready  ## measure, beside what one would use instead
	-@$(MAKE) --no-print-directory --keep-going $(PEERS:%=.venv-%/ready)
	.venv-conformance/bin/python -m benchmarks

survive: .venv-conformance/ready  ## ask for more than can be done, beside other services, and draw what is left of each
	-@$(MAKE) --no-print-directory .venv-mlserver/ready
	.venv-conformance/bin/python -m benchmarks.survive --svg benchmarks/goodput.svg

conformance: .venv-conformance/ready  ## hold it against PyTorch, Keras, Flax and ONNX, with their own masks
	.venv-conformance/bin/python -m pytest -m conformance

browser: .venv-conformance/ready  ## try the pages in Chromium, which the system has to have
	.venv-conformance/bin/python -m pytest -m browser

page: .venv-clients/ready  ## try the playground's modules that need no browser
	.venv-clients/bin/node --test tests/web/*.test.js

operate: .venv/dev  ## try it behind nginx, and its alerts and its dashboard in Prometheus, which the system has to have
	.venv/bin/python -m pytest -m operate

clients: .venv-clients/ready  ## generate clients in Python and TypeScript, check their types and use them
	.venv-clients/bin/python -m pytest -m clients

scale: .venv-scale/ready  ## compute arrays in blocks with Dask, Zarr and Cubed, which ask two replicas
	.venv-scale/bin/python -m pytest -m scale

# cloudcoil brings a plugin for pytest, which starts clusters in an engine and asks for more packages
deploy: .venv-deploy/ready .venv-checkov/ready  ## build the manifests for Kubernetes, hold them against schemas and the service
	.venv-deploy/bin/python -m pytest -p no:cloudcoil -m deploy

fuzz: .venv-fuzz/ready  ## feed the parsers, then the service, with what fuzzers make up, for a minute each
	.venv-fuzz/bin/python -m tests.fuzz --seconds 60
	.venv-fuzz/bin/python -m tests.fuzz.document --seconds 60

image:  ## build the container image dropout-api
	$(DOCKER) build -t dropout-api .

# --universal: one file for every Python, system and processor
LOCK = .venv-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --custom-compile-command "make lock"

lock: .venv-lock/ready  ## renew requirements/ from pyproject.toml
	$(LOCK) --generate-hashes pyproject.toml -o requirements/run.txt
	$(LOCK) --generate-hashes pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	$(LOCK) --no-deps --group conformance -o requirements/conformance.txt
	$(LOCK) --generate-hashes --group browser -c requirements/run.txt -c requirements/dev.txt -o requirements/browser.txt
	$(LOCK) --generate-hashes --group clients -c requirements/run.txt -c requirements/dev.txt -o requirements/clients.txt
	$(LOCK) --generate-hashes --group fuzz -c requirements/run.txt -c requirements/dev.txt -o requirements/fuzz.txt
	$(LOCK) --generate-hashes --group scale -c requirements/run.txt -c requirements/dev.txt -o requirements/scale.txt
	$(LOCK) --generate-hashes --group deploy -c requirements/run.txt -c requirements/dev.txt -o requirements/deploy.txt
	$(LOCK) --generate-hashes --no-deps --group kserve -o requirements/kserve.txt
	$(LOCK) --generate-hashes --group checkov -o requirements/checkov.txt
	$(LOCK) --generate-hashes --group mlserver -o requirements/mlserver.txt
	$(LOCK) --generate-hashes --group bentoml -o requirements/bentoml.txt
	$(LOCK) --generate-hashes --group litserve -o requirements/litserve.txt
	$(LOCK) --generate-hashes --group plain -c requirements/run.txt -o requirements/plain.txt

clean:  ## remove what the other targets made
	rm -rf .venv .venv-clients .venv-conformance .venv-fuzz .venv-scale .venv-deploy .venv-checkov $(PEERS:%=.venv-%) .venv-lock .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two steps, so that a first `make serve` needn't wait for the tools. The locked files are complete: --no-deps.
.venv/run: requirements/run.txt
	$(PYTHON) -m venv --clear .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	.venv/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

# A venv of its own, so that .venv stays as locked; the pages are tried there too, for they show code for PyTorch.
# Without hashes: CPU and CUDA builds of one version are different files.
.venv-conformance/ready: requirements/dev.txt requirements/browser.txt requirements/conformance.txt
	$(PYTHON) -m venv --clear .venv-conformance
	.venv-conformance/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	.venv-conformance/bin/pip install --quiet --require-hashes --no-deps -r requirements/browser.txt
	.venv-conformance/bin/pip install --quiet -r requirements/conformance.txt
	@touch $@

$(PEERS:%=.venv-%/ready): .venv-%/ready: requirements/%.txt
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/pip install --quiet --require-hashes --no-deps -r requirements/$*.txt
	@touch $@

# Its own too: there are wheels of atheris for Linux on x86-64 only.
.venv-fuzz/ready: requirements/dev.txt requirements/fuzz.txt
	$(PYTHON) -m venv --clear .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	.venv-fuzz/bin/pip install --quiet --require-hashes --no-deps -r requirements/fuzz.txt
	@touch $@

.venv-scale/ready: requirements/dev.txt requirements/scale.txt
	$(PYTHON) -m venv --clear .venv-scale
	.venv-scale/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	.venv-scale/bin/pip install --quiet --require-hashes --no-deps -r requirements/scale.txt
	@touch $@

.venv-deploy/ready: requirements/dev.txt requirements/deploy.txt requirements/kserve.txt
	$(PYTHON) -m venv --clear .venv-deploy
	.venv-deploy/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	.venv-deploy/bin/pip install --quiet --require-hashes --no-deps -r requirements/deploy.txt
	.venv-deploy/bin/pip install --quiet --require-hashes --no-deps -r requirements/kserve.txt
	@touch $@

.venv-checkov/ready: requirements/checkov.txt
	$(PYTHON) -m venv --clear .venv-checkov
	.venv-checkov/bin/pip install --quiet --require-hashes --no-deps -r requirements/checkov.txt
	@touch $@

# npm has no lock here: such a file names the registry it was made with
.venv-clients/ready: requirements/dev.txt requirements/clients.txt tests/clients/package.json
	$(PYTHON) -m venv --clear .venv-clients
	.venv-clients/bin/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	.venv-clients/bin/pip install --quiet --require-hashes --no-deps -r requirements/clients.txt
	cp tests/clients/package.json .venv-clients/
	PATH="$(CURDIR)/.venv-clients/bin:$$PATH" npm install --silent --no-package-lock --prefix .venv-clients
	@touch $@

.venv-lock/ready:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/pip install --quiet uv
	@touch $@
