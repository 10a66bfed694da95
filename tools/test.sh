#!/bin/sh
# `npm test`: everything from a clean clone, as root on Debian without another step, elsewhere with skipped tests.
#   npm test                        dependencies, Debian packages, `npm run check`, all tests but those of a release
#   npm test -- WORD...             only the test files whose path contains one of the words
#   npm test -- --quick             units and fuzz tests alone: under a minute, no Debian package
#   npm test -- --dist KIND         what is built instead of the checkout: `npm`, `single` or `deb`; also with words
#   npm test -- --strict            files that pass only alone, and processes left behind, are failures
#   npm run test:memory             what calls much C, under glibc's checking allocator (tools/test/memory.ts says which, and why)
#   npm run test:release            what needs whole systems or much time
#   OVERCOAT_TEST_INSTALL=no        installs no Debian package
# Up to ten files with a failure are run once more at the end, alone, and decide then; the closing lines name them.
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
help_where_asked tools/test.sh "$@"
. tools/test-packages.sh
install_dependencies || exit 1
case " $* " in
  *' --quick '*) ;;
  *' --release '*) install_test_packages release ;;
  *) install_test_packages ;;
esac
exec node tools/test/main.ts "$@"
