# geodrop: everything a developer runs; `make help` lists it.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
TEST_DEPS   := redis-server mariadb-server chromium nodejs npm prometheus systemd nginx libxml2-utils cmark-gfm strace iproute2
LISTEN      :=
DATA        := ../shared/data
FUZZTIME    := 1m
BENCHFLAGS  :=
GOTEST      := .ci/inmemory go test -vet=off -toolexec 'env GOGC=400' -p $(shell expr 2 '*' $$(nproc))  # lint vets; many tests wait for processes

# Collecting its garbage less often, the compiler takes a quarter less time; tests,
# which look at their own memory, are not told.
build lint: export GOGC ?= 400

# With less optimisation SQLite and H3 compile in half the time, which tests don't
# win back; with none in a third of that, which those under race don't.
lint unit: export CGO_CFLAGS := -O1
race: export CGO_CFLAGS := -O0

# The packages whose code starts goroutines or is made for several, from sync, which
# needs little, to api, but for what measures or helps tests; data/sqlite holds the
# tests of data/sqlstore.
CONCURRENT   = $(shell grep -rlE --include='*.go' '^[[:space:]]*go |[.]Go\>|^(import)?[[:space:]]*"sync(/atomic)?"' api builder cmd data grid poi sync \
                 | grep -vE '_test[.]go|test/|/bench/|/mariadbd/' | xargs -n 1 dirname | sort -ru | sed 's,^,./,') ./data/sqlite

.PHONY: help build run test unit race bench lint fuzz console realdata deps clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 12

build: ## bin/geodrop, stamped with the version that git describes
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/geodrop ./cmd/geodrop

run: build ## build and serve the shipped sample on http://127.0.0.1:8080/, or at LISTEN=ADDR:PORT
	bin/geodrop up $(if $(LISTEN),--listen $(LISTEN))

test: lint unit race ## everything that needs no outside data

unit: deps ## the tests alone, full size
	$(GOTEST) ./...

race: deps ## the tests of what runs side by side, under the race detector, the long ones left out
	$(GOTEST) -race -short -gcflags=all=-dwarf=false $(CONCURRENT)  # no debugger reads it; reports have lines without

bench: build ## lookups, builds, stores, HTTP and patches against their peers; BENCHFLAGS adds flags to each
	for what in lookup build store http patch; do bin/geodrop bench $$what $(BENCHFLAGS); done

lint: ## gofmt, go vet, staticcheck
	@bad=$$(gofmt -l .); test -z "$$bad" || { echo "gofmt -w these files: $$bad" >&2; exit 1; }
	go vet -tags realdata ./...
	go run $(STATICCHECK) -checks 'all,-QF*' -tags realdata ./...

fuzz: ## every fuzz target, one after another, FUZZTIME each
	.ci/fuzz $(FUZZTIME)

console: deps ## the page of the node: types checked and bundled, from api/console/web
	go test ./api/console -count 1 -run '^Test(Types|Dist)$$' -update

realdata: ## the checks on the big real data in DATA
	@test -d '$(DATA)' || { echo "no folder $(DATA): set DATA=DIR to the real data" >&2; exit 1; }
	GEODROP_DATA='$(abspath $(DATA))' go test -tags realdata -run '^TestReal[A-Z]' -count 1 -p 1 -timeout 20m ./...

deps: ## install the servers and tools that tests start, or say what is missing
	@.ci/deps $(TEST_DEPS)

clean: ## remove what build and run wrote
	rm -rf bin var
