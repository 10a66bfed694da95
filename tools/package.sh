#!/bin/sh
# `npm run package [-- [--arm64] [--image] [FOLDER]]`: builds what is released into dist/, or into another folder, from nothing but what `npm ci` installed.
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
help_where_asked tools/package.sh "$@"
install_dependencies || exit 1
exec node tools/package/main.ts "$@"
