SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Tools, pinned here and nowhere else.
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Options of the benchmarks: `make bench BENCH=Append PKG=./internal/ledger`.
BENCH := .
PKG := ./...

# How long `make soak` lasts: `make soak FOR=1h`.
FOR := 10m

.PHONY: help engine build run test race lint fmt bench chaos soak check clean

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm records what it installed in node_modules/.package-lock.json: work only when that differs from the lock file.
engine: ## Install the embedded ClickHouse engine at the locked version (needs npm).
	@diff -q <(grep '"integrity"' engine/package-lock.json) \
		<(grep -s '"integrity"' engine/node_modules/.package-lock.json) >/dev/null \
		|| npm ci --prefix engine

build: ## Build every binary into bin/.
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

run: engine build ## Run everything in one process, data in ./data.
	bin/milemarker serve

test: engine ## Run all tests, against the real engines.
	go test ./...

race: engine ## Run all tests under the race detector (needs a C compiler).
	go test -race ./...

lint: ## Check formatting, vet and lint.
	$(GOLANGCI) run ./...

fmt: ## Format all Go files.
	$(GOLANGCI) fmt ./...

bench: engine ## Run benchmarks only; BENCH=regexp PKG=./path to choose.
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

chaos: engine ## Break it on purpose in every way there is, and print what was lost (takes minutes).
	CHAOS=full go test -count=1 -timeout 40m -v ./internal/chaos

soak: engine ## Kill it again and again under load, for FOR.
	CHAOS_FOR=$(FOR) go test -count=1 -timeout 0 -v -run TestSoak ./internal/chaos

check: lint test ## Do exactly what CI does.

clean: ## Remove what was built, never data.
	rm -rf bin coverage.out
