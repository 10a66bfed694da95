#!/bin/sh
# `npm test`: everything from a clean clone, as root on Debian without another step, elsewhere with skipped tests.
#   npm test                        dependencies, Debian packages, `npm run check`, all tests
#   npm test -- WORD...             only the test files whose path contains one of the words
#   OVERCOAT_TEST_INSTALL=no        installs no Debian package
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
. tools/test-packages.sh
install_dependencies || exit 1
install_test_packages

if [ $# -eq 0 ]; then
  if sh tools/check.sh; then OVERCOAT_CHECK=passed; else OVERCOAT_CHECK=failed; fi
  export OVERCOAT_CHECK
  set -- .
fi

files=$(find test -name '*.test.ts' | sort | while read -r file; do
  for word in "$@"; do
    case $file in *"$word"*) echo "$file"; break ;; esac
  done
done)
if [ -z "$files" ]; then
  echo "no test file matches: $*" >&2
  exit 1
fi

# Most tests wait for programs rather than compute, so two at a time are right even for a single core.
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
[ "$cores" -ge 2 ] || cores=2
# shellcheck disable=SC2086 # one word a file; none has a blank
node --test --test-concurrency="$cores" --test-timeout=600000 --test-reporter=./tools/reporter.ts --test-reporter-destination=stdout $files
status=$?
[ "${OVERCOAT_CHECK:-passed}" = passed ] || status=1
exit "$status"
