# What is typed often. Everything here is a line that works without make too; .ci/run is what counts.

.PHONY: check test race lint fmt fuzz bench cover tidy nacos vuln api all help

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

check: ## the quick part of .ci/run: format, prose, vet, lint, tests
	bash .ci/run quick

all: ## all of .ci/run
	bash .ci/run

test: ## the tests
	go test ./...

race: ## the tests with the race detector, all counts
	NACRE_FULL=1 go test -race -count=1 ./...

lint: ## the linters, built from tools/go.mod
	go tool -modfile=tools/go.mod golangci-lint run ./...

fmt: ## format, and let the linters mend what they can
	go tool -modfile=tools/go.mod golangci-lint fmt
	go tool -modfile=tools/go.mod golangci-lint run --fix ./...

fuzz: ## each fuzz target for FUZZ_SECONDS (30)
	bash ci/fuzz.sh $(or $(FUZZ_SECONDS),30)

bench: ## the benchmarks, ten times, with benchstat
	@mkdir -p .cache
	go test -run '^$$' -bench . -count 10 ./... | tee .cache/bench.txt
	go tool -modfile=tools/go.mod benchstat .cache/bench.txt

cover: ## coverage by function and in all
	@mkdir -p .cache
	go test -coverpkg=./... -coverprofile=.cache/cover.txt ./...
	go tool cover -func=.cache/cover.txt | tail -n 1

tidy: ## go.mod and go.sum, of the module and of those below it
	for m in $$(git ls-files -- go.mod '*/go.mod'); do go -C $$(dirname $$m) mod tidy || exit; done

vuln: ## known vulnerabilities in what is compiled and called; needs the network for its database
	go tool -modfile=tools/go.mod govulncheck ./...
	vuln=$$(go tool -n -modfile=tools/go.mod govulncheck); for m in observe/*/go.mod cmd/*/go.mod; do (cd $$(dirname $$m) && $$vuln ./...) || exit; done

api: ## record the exported API, after a change of it that is meant
	bash ci/api.sh update

nacos: ## the tests of the Nacos provider against a real server
	bash .ci/run nacos
