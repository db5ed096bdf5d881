# AgentCare's commands; `make help` lists them. DATABASE_URL, REDIS_URL, OLLAMA_URL, PORT and CHROMIUM are used where they are set.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

TOOL := go tool -modfile=tools.mod
VERSION ?= $(shell git describe --tags --dirty 2>/dev/null)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
LDFLAGS = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.buildTime=$(shell date -u +%Y-%m-%dT%H:%M:%SZ)

# What is tested, and anything more for go test: make test PKG=./clinic/... GO_TEST_FLAGS=-v
PKG ?= ./...
GO_TEST_FLAGS ?=
# How long each fuzz target runs.
FUZZTIME ?= 30s
# Which part of the benchmark runs, and anything more for it: make bench BENCH=scheduling BENCH_FLAGS='--practitioners=200 --allocations=200000'
BENCH ?= all
BENCH_FLAGS ?=
# How long the random writers of make chaos write.
CHAOS_DURATION ?= 5m

UI := web/dist/widget.js
UI_SOURCES := $(shell find web -type d \( -name node_modules -o -name dist \) -prune -o -type f ! -name '*.go' -print 2>/dev/null)

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: toolchain services ui build ## everything on a fresh machine: services, UI, migrate, seed, all processes; http://localhost:3000 (PORT)
	@eval "$$(scripts/services env)" && export APP_ENV="$${APP_ENV:-development}" && \
	echo '==> database: migrating and seeding the demo clinic' && \
	bin/agentcare admin migrate && bin/agentcare admin seed && \
	exec bin/agentcare all

.PHONY: test
test: ## everything on a fresh machine: services, UI, lint, unit, integration and browser tests
	@scripts/test "$(PKG)" $(GO_TEST_FLAGS)

.PHONY: lint
lint: ## golangci-lint, pinned in tools.mod (the first time it is compiled, which takes minutes)
	@$(TOOL) golangci-lint run $(PKG)

.PHONY: fmt
fmt: ## format the Go code (gofumpt, gci)
	@$(TOOL) golangci-lint fmt

.PHONY: fuzz
fuzz: services ## run every fuzz target for FUZZTIME (30s) each
	@eval "$$(scripts/services env)" && scripts/fuzz "$(FUZZTIME)"

.PHONY: bench
bench: toolchain services ## the benchmark; BENCH=scheduling for one part, BENCH_FLAGS for its flags; each part ends with a line of JSON
	@echo '==> go: building bin/agentcare-bench'
	@mkdir -p bin
	@CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/agentcare-bench
	@eval "$$(scripts/services env)" && exec bin/agentcare-bench $(BENCH) $(BENCH_FLAGS)

.PHONY: chaos
chaos: toolchain services ## the fault experiments, a line each; CHAOS_DURATION (5m) is how long the random writers write
	@eval "$$(scripts/services env)" && scripts/chaos "$(CHAOS_DURATION)"

.PHONY: build
build: ui ## bin/agentcare with the UI embedded
	@echo '==> go: building bin/agentcare'
	@mkdir -p bin
	@CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: ui
ui: $(UI) ## the web pages, when their sources changed
	@:

$(UI): web/node_modules/.installed $(UI_SOURCES)
	@echo '==> web: building the pages'
	@cd web && npm run --silent build
	@test -s $@ || { echo '$@ was not made by the build in web/' >&2; exit 1; }
	@touch $@

web/node_modules/.installed: web/package.json web/package-lock.json
	@echo '==> web: installing packages'
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: generate
generate: ## Go code from the SQL queries (sqlc)
	@$(TOOL) sqlc generate

.PHONY: services
services: ## start this checkout's private Postgres and Redis, unless DATABASE_URL and REDIS_URL are set
	@scripts/services up

.PHONY: toolchain
toolchain:
	@scripts/services toolchain

.PHONY: stop
stop: ## stop the private Postgres and Redis; their data stays
	@scripts/services down

.PHONY: clean
clean: ## remove the private services with their data, and everything that was built
	@scripts/services clean
	@rm -rf bin .local web/node_modules
	@find web/dist -mindepth 1 ! -name .gitkeep -delete
