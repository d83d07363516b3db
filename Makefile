# Everything a developer or a visitor types. Each target sets up what it needs; the second run starts in seconds.

# Debian builds its Python with profiles and at link time: one built without takes 1.4 times as long.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo /usr/bin/python3 || echo python3)
BIN := .venv/bin
MESSFUNK_DATA ?= ../shared/data
export MESSFUNK_DATA

# CI runs more examples, the same ones each time; whoever sets HYPOTHESIS_PROFILE decides.
HYPOTHESIS_PROFILE ?= $(if $(filter true,$(CI)),ci,dev)
export HYPOTHESIS_PROFILE

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links
ASSETS := gateway/web/static/vendor/THIRD_PARTY.txt

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-recorded micropython generate fuzz-codec fuzz-gateway bench-alarms bench-codec bench-node bench-energy bench-gateway bench-simulator bench-web bench-downlinks age power-cut crash bench-outages bench-store size test-board test-driver check format assets screenshots front build debian lock clean bench-pages

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+[ :].*## / {sub(/ .*/, "", $$1); printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.runtime $(ASSETS) ## Simulated nodes, gateway and page on this machine; options in ARGS="--nodes 3"
	@$(BIN)/messfunk demo $(ARGS)

setup: .venv/.dev node_modules/.dev $(ASSETS) ## Everything the tests need but Debian packages

test: setup debian check ## Style, types and all tests
	$(BIN)/pytest -n 2 $(ARGS)

test-recorded: setup ## Tests on the recordings in MESSFUNK_DATA (default ../shared/data)
	@if [ -d "$(MESSFUNK_DATA)" ]; then $(BIN)/pytest -n 2 tests/recorded $(ARGS); \
	else echo "No recordings in $(MESSFUNK_DATA): nothing tested. Name their folder with MESSFUNK_DATA=..."; fi

micropython: setup ## The tests of tests/shared in the MicroPython VM
	$(BIN)/pytest tests/test_on_micropython.py $(ARGS)

check: .venv/.dev ## Style and types, without tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/.dev ## Put every Python file into the common form
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# The payload codec: what follows from its table, its hostile inputs, its sizes.

generate: .venv/.dev ## decoder.js, CDDL, wire-format page and test vectors from the codec's registry
	$(BIN)/python -m codec.desk.generate

fuzz-codec: setup ## Every payload of 3 bytes, a million bent ones, 100,000 reports in five codecs: minutes
	@$(BIN)/python -m tests.codec.fuzz
	@$(BIN)/python -m tests.codec.agreement

fuzz-gateway: setup ## Hostile input on UDP, WebSocket, MQTT and HTTP, thousands of examples each: many minutes
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -n 2 --timeout=3600 -k "flood or hostile or noise or described or bytes or refused" \
		tests/gateway/test_gwmp.py tests/gateway/test_app.py tests/gateway/sources tests/gateway/access $(ARGS)

bench-codec: .venv/.dev ## Sizes of the recordings' second halves, ours and the peers'
	@$(BIN)/python -m tests.bench.codec

bench-alarms: .venv/.dev ## How fast an alarm is told, how often chance tells one; NAME=latency|silence
	@$(BIN)/python -m tests.bench.alarms $(NAME)

bench-simulator: .venv/.dev ## The air, the tiers and memory at scale; one of them with NAME=air|traffic|day|thousand|memory
	@$(BIN)/python -m tests.bench.simulator $(NAME)

bench-energy: .venv/.dev ## What a level node draws from its cell, part by part
	@$(BIN)/python -m tests.bench.energy

bench-web: setup debian ## What the pages weigh and how soon they are there; minutes
	@$(BIN)/python -m tests.bench.web

bench-pages: .venv/.dev $(ASSETS) ## What the pages cost with 10,000 series at 50,000 devices, by processor time
	@$(BIN)/python -m tests.bench.pages

bench-node: .venv/.dev ## Both recorded creeks through the node: wakes, airtime, how late alarms leave
	@$(BIN)/python -m tests.bench.node $(MESSFUNK_DATA)

bench-downlinks: .venv/.dev ## Joins and confirmed uplinks answered in RX1, by thousands in virtual time; FRAMES=10000
	@$(BIN)/python -m tests.bench.downlinks $(or $(FRAMES),10000)

bench-gateway: setup debian ## Uplinks a CPU-second beside Node-RED's, where the time goes; RUNS=5 ROUNDS=20
	@mkdir -p build/bench
	@$(BIN)/python -m tests.bench.gateway --runs $(or $(RUNS),5) --rounds $(or $(ROUNDS),20)

age: .venv/.dev ## Ten years of a node against the network server, in minutes; YEARS=10 SEED=1
	@$(BIN)/python -m tests.bench.age $(or $(YEARS),10) $(or $(SEED),1)

power-cut: .venv/.dev ## Power cut behind every byte that a node ever writes
	POWER_CUT_STEP=1 $(BIN)/pytest -q -s --timeout=600 tests/firmware/test_power_cut.py

bench-store: .venv/.dev ## Start and reads of a large ledger; DEVICES=50000 READINGS=20000000 FOLDER=build/bench (3 GB)
	@mkdir -p $(or $(FOLDER),build/bench)
	@$(BIN)/python -m tests.bench.store $(or $(DEVICES),50000) $(or $(READINGS),20000000) $(or $(FOLDER),build/bench)

crash: .venv/.dev $(ASSETS) ## kill -9 or power cuts under load; KILLS=200 DATABASE=sqlite|postgres END=kill|power
	@$(BIN)/python -m tests.gateway.crash $(or $(KILLS),200) $(or $(DATABASE),sqlite) $(or $(END),kill) $(or $(SEED),1)

bench-outages: .venv/.dev $(ASSETS) ## Broker away, database away, disk full, under load; DURATION=600 KINDS="broker database disk"
	@$(BIN)/python -m tests.gateway.outages $(or $(DURATION),600) $(KINDS)

size: setup ## Flash and heap of the LoRaWAN stack per module, and of a level node's wakes
	@$(BIN)/python -m tests.micropython.size
	@$(BIN)/python -m tests.micropython.wakes

test-board: setup ## tests/shared on a real board; PORT=/dev/ttyUSB0, some of them with ARGS="test_cbor"
	@test -n "$(PORT)" || { echo "Name its serial port: make test-board PORT=/dev/ttyUSB0"; exit 1; }
	@$(BIN)/python -m tests.micropython.on_board $(PORT) $(ARGS)

test-driver: setup ## The real lora driver on our twins; DRIVER=path/to/micropython-lib/micropython/lora
	@test -d "$(DRIVER)/lora-sx126x" || { echo "Name a checkout: make test-driver DRIVER=micropython-lib/micropython/lora"; exit 1; }
	@node tests/micropython/driver.mjs "$(DRIVER)"

screenshots: setup debian ## A picture of every page, in build/screenshots/
	MESSFUNK_SCREENSHOTS=build/screenshots $(BIN)/pytest -q tests/e2e/test_page.py -k "fits or paper"

front: setup debian ## The picture of the README
	$(BIN)/python -m tests.e2e.front front.webp

build: .venv/.runtime $(ASSETS) ## The wheel, in dist/
	$(BIN)/hatchling build -t wheel

debian: ## Debian packages the tests need, installed when missing (as root or by sudo)
	@.ci/debian-packages

lock: .venv/.dev ## Resolve the locks anew from pyproject.toml and package.json
	$(COMPILE) -o requirements.txt pyproject.toml
	$(COMPILE) --only-build-deps --build-deps-for=editable --build-deps-for=wheel -o requirements-build.txt pyproject.toml
	$(COMPILE) --all-build-deps --extra=dev -c requirements.txt -o requirements-dev.txt pyproject.toml
	npm install --package-lock-only

clean: ## Remove what the other targets made, the environments too
	rm -rf .venv node_modules dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(dir $(ASSETS))

# Stamps: each is touched last, so what stopped halfway is done again.

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "messfunk needs Python 3.11 or newer, and $(PYTHON) is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.runtime: .venv/.made requirements.txt requirements-build.txt pyproject.toml
	$(PIP_INSTALL) --require-hashes -r requirements.txt -r requirements-build.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.runtime: package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "Node.js 20 with npm is missing. On Debian: apt-get install nodejs npm"; exit 1; }
	npm ci --omit=dev
	@touch $@

node_modules/.dev: package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "Node.js 20 with npm is missing. On Debian: apt-get install nodejs npm"; exit 1; }
	npm ci
	@touch node_modules/.runtime $@

# Asked for by name, the files are always copied: the stamp does not see a single file go missing.
assets $(ASSETS): gateway/web/vendor.toml hatch_build.py package-lock.json | .venv/.runtime node_modules/.runtime ## Copy the page's libraries from node_modules, checked by SHA-256
	$(BIN)/python hatch_build.py assets
