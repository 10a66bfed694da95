#!/bin/sh
# `npm test`: everything from a clean clone, as root on Debian without another step, elsewhere with skipped tests.
#   npm test                        dependencies, Debian packages, `npm run check`, all tests
#   npm test -- WORD...             only the test files whose path contains one of the words
#   OVERCOAT_TEST_INSTALL=no        installs no Debian package
# Up to three files with a failure are run once more at the end, alone, and decide then.
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
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT
run_tests() { # CONCURRENCY FILE...
  concurrency=$1
  shift
  node --test --test-concurrency="$concurrency" --test-timeout=600000 \
    --test-reporter=./tools/reporter.ts --test-reporter-destination=stdout \
    --test-reporter=./tools/failed-files.ts --test-reporter-destination="$failed" "$@"
}
# shellcheck disable=SC2086 # one word a file; none has a blank
run_tests "$cores" $files
status=$?

# A few files that failed beside all the others are run once more, alone: what then passes is unsteady and not broken. It is listed,
# and deserves a look; what fails again has failed.
if [ "$status" -ne 0 ] && [ -s "$failed" ] && [ "$(wc -l <"$failed")" -le 3 ]; then
  again=$(cat "$failed")
  printf '\nfailed above, and run once more alone:\n%s\n\n' "$again"
  # shellcheck disable=SC2086 # as above
  run_tests 1 $again
  status=$?
fi
[ "${OVERCOAT_CHECK:-passed}" = passed ] || status=1
exit "$status"
