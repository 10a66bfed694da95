#!/bin/sh
# `npm run fuzz`: every fuzz test with 100,000 inputs a subject instead of 5,000 (OVERCOAT_FUZZ_INPUTS to choose).
#   npm run fuzz -- WORD...        only the files whose path contains one of the words
#   npm run fuzz -- 1h [WORD...]   searches on from what reaches new code for that long (90s, 30m, 1h), in the subjects whose name contains a word
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
help_where_asked tools/fuzz.sh "$@"
case $1 in
  [0-9]*[smh]) exec node test/fuzz/search/main.ts "$@" ;;
esac
[ $# -gt 0 ] || set -- .
files=$(find test/fuzz -name '*.test.ts' | sort | while read -r file; do
  for word in "$@"; do
    case $file in *"$word"*) echo "$file"; break ;; esac
  done
done)
if [ -z "$files" ]; then
  echo "fuzz: no file of test/fuzz matches: $*" >&2
  exit 1
fi
# shellcheck disable=SC2086 # one word a file; none has a blank
OVERCOAT_FUZZ_INPUTS=${OVERCOAT_FUZZ_INPUTS:-100000} exec node --test --test-timeout=3600000 $files
