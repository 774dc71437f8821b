# Everything one does with this repository; `make` alone lists it.
# Node 24 comes from node_modules (npm package node-linux-*), so that the system's Node may be older; only `npm install` uses the system's.

SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

IMAGE ?= siskin:dev
IMAGE_TOOL ?= docker

.DEFAULT_GOAL := help
.PHONY: help setup check check-types check-lint check-format check-unused format unit sim wire race control-plane e2e test \
	demo demo-shell demo-down bench sim-analysis generate verify build image packages

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.package-lock.json ## Install the npm packages, when package-lock.json changed

node_modules/.package-lock.json: package-lock.json
	@# Not npm ci: it refuses a lock file that lacks the binaries of other platforms, as a mirror without them leaves it.
	PATH="$${PATH#*:}" npm install --no-save --no-audit --no-fund
	@touch $@

packages: ## Install the Debian packages that the wire and e2e tiers drive, as root; else name them
	@scripts/setup-debian.sh git=git ssh=openssh-client ssh-keygen=openssh-client sshd=openssh-server \
		openssl=openssl gpg=gnupg

check: check-types check-lint check-format check-unused ## Type check, lint, format check, unused code

check-types: setup
	tsc -p .

check-lint: setup
	oxlint --type-aware --deny-warnings

check-format: setup
	biome check .

check-unused: setup
	knip

format: setup ## Rewrite the sources in the project's format
	biome check --write .

unit: setup ## Pure tests beside their sources, the model and the house rules
	vitest run --project unit

sim: setup ## The whole controller in virtual time, with seeded faults
	vitest run --project sim

wire: setup packages ## Adapters against fake servers on real sockets
	vitest run --project wire

race: setup packages ## 500 trials of replicas that are killed while they revert and others push
	SISKIN_RACE_TRIALS=500 vitest run --project wire test/wire/git-race.test.ts

control-plane: setup packages ## Against a real etcd and kube-apiserver
	vitest run --project control-plane

e2e: setup packages ## A real cluster with gateway, Prometheus and Git server; needs root
	vitest run --project e2e

test: setup packages ## The checks and all tiers in order; the last line is the total
	@node scripts/test.ts

demo: setup packages ## The story of a good and a bad release on a real cluster, which stays to look around; needs root
	@node test/kind/demo/main.ts

demo-shell: setup ## A shell whose kubectl reaches the demo
	node test/kind/cli.ts shell

demo-down: setup ## Remove the demo's cluster; caches stay
	node test/kind/cli.ts down

bench: setup ## Ratios against the past and against polling; never fails by time
	node test/bench/run.ts

sim-analysis: setup ## The analysis beside Flagger's and Argo's rules, simulated; writes docs/analysis-simulation.md
	node test/sim-analysis/run.ts

generate: setup ## Write CRDs, the state diagram and the reference from their sources
	node src/api/generate.ts
	node src/core/generate-diagram.ts

verify: setup ## Fail when a generated file differs from its source
	node scripts/verify.ts

build: setup ## Bundle the operator into dist/
	node scripts/build.ts

image: build ## Build the container image ($(IMAGE)) with $(IMAGE_TOOL)
	$(IMAGE_TOOL) build -t $(IMAGE) .
