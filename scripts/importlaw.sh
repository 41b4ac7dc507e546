#!/usr/bin/env bash
# Tries every forbidden arrow of the import law once: builds a small module of
# the same name in a temporary folder, where each room has a file with a
# forbidden import, and one with an allowed import, and lets the linter judge
# them by our own .golangci.yml. Fails when an arrow is not caught, or when an
# allowed one is.
set -euo pipefail
cd "$(dirname "$0")/.."
linter="$PWD/bin/golangci-lint"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# room folder | import
forbidden="
gateway|tidegate/store
gateway|context
gateway|log/slog
gateway|database/sql
gateway|net/http
gateway|os
rules/inbound|tidegate/store
rules/inbound|tidegate/salesforce
rules/inbound|context
rules/inbound|log/slog
rules/inbound|math/rand/v2
rules/inbound|os
rules/inbound|net/http
salesforce|tidegate/store
salesforce|tidegate/rules/inbound
salesforce|tidegate/simulator
streaming/bayeux|tidegate/gateway
streaming/bayeux|tidegate/salesforce
streaming/pubsub|tidegate/gateway
simulator|tidegate/salesforce
simulator|tidegate/gateway
simulator/org|tidegate/streaming/bayeux
store|tidegate/rules/inbound
store|tidegate/outbox
handlers|database/sql
streaming|github.com/jmoiron/sqlx
outbox|github.com/lib/pq
salesforce|modernc.org/sqlite
streaming|tidegate/handlers
streaming|tidegate/salesforce
streaming|tidegate/live
outbox|tidegate/views
outbox|tidegate/salesforce
handlers|tidegate/salesforce
handlers|tidegate/streaming
handlers|tidegate/simulator
streaming|github.com/gofiber/fiber/v2
store|github.com/valyala/fasthttp
views|tidegate/gateway
views|tidegate/store
live|tidegate/store
config|tidegate/store
vault|tidegate/store
static|tidegate/views
migrations|tidegate/store
eventbus/v1|tidegate/gateway
outbox|tidegate/cmd/tidegate
"
allowed="
rules/inbound|tidegate/gateway
rules/inbound|tidegate/rules/conflict
salesforce|tidegate/gateway
simulator/rest|tidegate/simulator/org
store|tidegate/gateway
store|tidegate/migrations
store|database/sql
streaming/pubsub|tidegate/eventbus/v1
simulator/pubsub|tidegate/eventbus/v1
streaming|tidegate/streaming/bayeux
streaming|tidegate/rules/inbound
outbox|tidegate/store
handlers|tidegate/outbox
handlers|github.com/gofiber/fiber/v2
views|tidegate/static
live|tidegate/gateway
vault|tidegate/gateway
"

stub() { # import path → an empty package, unless it is the standard library's
  case "$1" in
    tidegate/*) dir="$tmp/${1#tidegate/}" ;;
    github.com/*|modernc.org/*) dir="$tmp/vendor-stub/$1" ;;
    *) return ;;
  esac
  mkdir -p "$dir"
  printf 'package stub\n' > "$dir/stub.go"
}

cp .golangci.yml "$tmp/"
printf 'module tidegate\n\ngo 1.26\n' > "$tmp/go.mod"
n=0
try() { # room|import → writes a file with that import, leaves its path in $file
  n=$((n + 1))
  file="try/$n/${1%%|*}/try.go"
  mkdir -p "$tmp/$(dirname "$file")"
  printf 'package try\n\nimport _ "%s"\n' "${1##*|}" > "$tmp/$file"
  stub "${1##*|}"
}
bad=() good=()
for line in $forbidden; do try "$line"; bad+=("$file|$line"); done
for line in $allowed; do try "$line"; good+=("$file|$line"); done

# Third-party modules are replaced by empty ones: only their names matter here.
for module in github.com/gofiber/fiber/v2 github.com/valyala/fasthttp github.com/jmoiron/sqlx github.com/lib/pq modernc.org/sqlite; do
  dir="$tmp/vendor-stub/$module"
  mkdir -p "$dir"
  [ -f "$dir/stub.go" ] || printf 'package stub\n' > "$dir/stub.go"
  printf 'module %s\n' "$module" > "$dir/go.mod"
  version=v1.0.0; case "$module" in */v2) version=v2.0.0 ;; esac
  printf 'require %s %s\nreplace %s => ./vendor-stub/%s\n' "$module" "$version" "$module" "$module" >> "$tmp/go.mod"
done

report=$(cd "$tmp" && GOFLAGS=-mod=mod GOPROXY=off "$linter" run --enable-only depguard --max-issues-per-linter 0 --max-same-issues 0 ./try/... 2>&1 || true)
failed=0
for entry in "${bad[@]}"; do
  grep -qF "${entry%%|*}:" <<<"$report" || { echo "import law: NOT caught: ${entry#*|}" >&2; failed=1; }
done
for entry in "${good[@]}"; do
  if grep -qF "${entry%%|*}:" <<<"$report"; then echo "import law: wrongly refused: ${entry#*|}" >&2; failed=1; fi
done
[ "$failed" -eq 0 ] || { tail -20 <<<"$report" >&2; exit 1; }
echo "import law: ${#bad[@]} forbidden arrows caught, ${#good[@]} allowed ones let through"
