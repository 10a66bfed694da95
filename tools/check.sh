#!/bin/sh
# `npm run check`: everything that can be said about the code without running it. All parts run, so that one run shows all findings.
#   npm run check -- --bytes    also holds every installed file against the package it came in
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
help_where_asked tools/check.sh "$@"
install_dependencies || exit 1

failed=''
part() {
  name=$1
  shift
  if "$@"; then echo "check: $name ok"; else failed="$failed $name"; fi
}
part types tsc -p .
part 'types of the page' tsc -p src/status/page
part style biome check --enforce-assist=false --diagnostic-level=warn .
part imports node tools/check-imports.ts
part architecture node tools/check-architecture.ts
part bans node tools/check-bans.ts
part 'supply chain' node tools/check-supply.ts "$@"
part docs node tools/gen-docs.ts --check
if [ -n "$failed" ]; then
  echo "check: failed:$failed" >&2
  exit 1
fi
