# Sourced by test.sh: installs the Debian packages of test-packages.txt that are missing. Never fails the run: a test whose package
# is not there reports itself as skipped.
POLICY=${POLICY:-/usr/sbin/policy-rc.d}

# $1: `release` where the tests of a release follow.
install_test_packages() {
  if [ "${1:-}" = release ]; then
    wanted=$(sed 's/#.*//' tools/test-packages.txt)
  else
    wanted=$(sed '/# release: /d; s/#.*//' tools/test-packages.txt)
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo 'Not a Debian system: tests that need a Debian package will be skipped.'
    return 0
  fi
  # shellcheck disable=SC2016,SC2086 # dpkg's own placeholders; a list of words
  present=$(dpkg-query -W -f '${Package}:${db:Status-Status}\n' $wanted 2>/dev/null)
  missing=''
  for package in $wanted; do
    printf '%s\n' "$present" | grep -qx "$package:installed" || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    return 0
  fi
  echo "Debian packages the tests need and this machine lacks:$missing"
  if [ "${OVERCOAT_TEST_INSTALL:-yes}" = no ]; then
    echo 'Not installing them (OVERCOAT_TEST_INSTALL=no): the tests that need them will be skipped.'
  elif [ "$(id -u)" -ne 0 ]; then
    echo 'Not installing them without root: the tests that need them will be skipped.'
  else
    echo 'Installing them (services are kept from starting; OVERCOAT_TEST_INSTALL=no skips this) ...'
    # A subshell, so that its traps restore the machine whatever happens inside.
    # shellcheck disable=SC2086
    (install_packages $missing) || echo 'Some packages could not be installed: the tests that need them will be skipped.'
  fi
}

install_packages() {
  if [ ! -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY" && chmod 755 "$POLICY"
  fi
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  log=$(mktemp)
  apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1
  installed=$?
  if [ "$installed" -ne 0 ]; then
    # One package that cannot be had must not cost the others.
    installed=0
    for package in "$@"; do
      apt-get install -y --no-install-recommends "$package" >>"$log" 2>&1 || installed=1
    done
  fi
  [ "$installed" -eq 0 ] || tail -n 20 "$log"
  rm -f "$log"
  return "$installed"
}
