#!/bin/sh
# `npm start`: sets up what is missing, then runs the demo, or the command given: `npm start -- run FILE`.
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
install_dependencies || exit 1
[ $# -gt 0 ] || set -- demo
root=$PWD
# File names on the command line are meant from where the user stands, not from here.
cd "${INIT_CWD:-.}" || exit 1
exec "$root/bin/overcoat" "$@"
