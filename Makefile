# Tidegate. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
export GOFLAGS ?= -trimpath
TEST_TIMEOUT ?= 20m
GOLANGCI := bin/golangci-lint

.PHONY: help run build assets generate fmt lint test test-go test-browser lighthouse race bench bench-quick deps screenshot clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

run: build ## build and start the demo on port 8080: gateway and simulated org, seeded and changing
	./bin/tidegate demo --http 127.0.0.1:8080 --org 127.0.0.1:8081

build: assets ## build bin/tidegate, one static binary
	go build -ldflags '-s -w' -o bin/tidegate ./cmd/tidegate

node_modules/.stamp: package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

assets: static/dist/manifest.json ## fetch and build styles, scripts and icons into static/dist

static/dist/manifest.json: node_modules/.stamp scripts/assets.mjs $(wildcard static/src/*) $(wildcard views/*.templ)
	node scripts/assets.mjs

generate: ## generate templates into Go
	go tool templ generate -path views

fmt: $(GOLANGCI) ## format Go and templates
	go tool templ fmt views
	$(GOLANGCI) fmt ./...

$(GOLANGCI): tools/go.mod tools/go.sum
	GOFLAGS= go build -modfile=tools/go.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint: $(GOLANGCI) assets generate ## check the import law, formatting, generated files and common faults
	@git diff --exit-code --stat -- 'views/*_templ.go' || { echo "lint: generated templates differ: run make generate and commit"; exit 1; }
	$(GOLANGCI) run ./...
	$(GOLANGCI) fmt --diff ./...
	bash scripts/importlaw.sh
	@go mod tidy -diff >/dev/null || { echo "lint: go.mod is not tidy: run go mod tidy and commit"; exit 1; }
	@test "$$(go list -m -f '{{.Version}}' modernc.org/libc)" = "v1.77.1" || { echo "lint: modernc.org/libc must be v1.77.1, as modernc.org/sqlite names it"; exit 1; }

deps: ## install what the tests need (Chromium, PostgreSQL) where it is missing
	bash scripts/deps.sh

test: deps build test-go test-browser ## everything: unit, property, integration on SQLite and Postgres, browser

# The faults kill and restart processes for many minutes; begun first, the other
# packages run beside them.
test-go: assets ## the Go tests, on SQLite and Postgres
	go test -timeout $(TEST_TIMEOUT) ./test/faults ./...

test-browser: build node_modules/.stamp ## every page in every state, and the real program, in Chromium
	go test -count=1 ./views -args -gallery $(CURDIR)/var/gallery
	node scripts/look.mjs var/gallery var/shots
	node scripts/behave.mjs var/gallery
	node --test --test-concurrency=2 test/browser/

tools/lighthouse/node_modules/.stamp: tools/lighthouse/package.json tools/lighthouse/package-lock.json
	npm ci --prefix tools/lighthouse --no-audit --no-fund --loglevel=error
	touch $@

lighthouse: build node_modules/.stamp tools/lighthouse/node_modules/.stamp ## scores of the settings tabs and their neighbors by Lighthouse, as a phone and as a desktop
	node scripts/lighthouse.mjs

race: assets ## the Go tests under the race detector
	CGO_ENABLED=1 go test -race -timeout $(TEST_TIMEOUT) ./...

bench: build ## measure every target, print a table, write var/bench.json: some fifteen minutes on two idle cores
	go run ./test/bench -long

bench-quick: build ## the same with smaller backlogs and fewer connections, in four minutes
	go run ./test/bench

screenshot: build ## take the README's picture
	node scripts/screenshot.mjs

clean: ## remove what was built and the demo's data
	rm -rf bin var static/dist/* node_modules
