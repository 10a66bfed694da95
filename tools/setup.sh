# Shared by start.sh, test.sh, check.sh, fuzz.sh and package.sh: `. tools/setup.sh` from the top of the checkout. POSIX sh, nothing assumed but npm.
. bin/runtime-library.sh

# The pinned runtime first, so that every script below it uses that one.
PATH="$PWD/node_modules/.bin:$PATH"
export PATH

# Where a script is asked for help, it says the comment at its head, and ends. $1: the script; then its words.
help_where_asked() {
  script=$1
  shift
  for word in "$@"; do
    case $word in
      --help | -h)
        sed -n '2,${/^#/!q;s/^# \{0,1\}//p;}' "$script"
        exit 0
        ;;
    esac
  done
}

# Installs what the lock file names, if that is not what node_modules holds, and what the runtime needs of the system.
install_dependencies() {
  if ! command -v npm >/dev/null; then
    echo 'overcoat: npm is needed to install the dependencies (any version from 9 on)' >&2
    return 1
  fi
  install_runtime_library || return 1 # npm runs on the first node of PATH, which is the pinned one where it is there
  if [ -x node_modules/.bin/node ] && node tools/dependencies-current.mjs; then
    return 0
  fi
  echo 'Installing the npm packages of package-lock.json (the Node.js runtime among them, about 60 MB) ...'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && install_runtime_library
}

# As root on Debian installs the library that the runtime lacks; elsewhere says which package has it, and fails.
install_runtime_library() {
  [ -x node_modules/.bin/node ] || return 0
  missing=$(missing_library node_modules/.bin/node)
  [ -n "$missing" ] || return 0
  find_library_package "$missing"
  if [ -z "$package" ] || ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ] || [ "${OVERCOAT_TEST_INSTALL:-yes}" = no ]; then
    say_missing_library "$missing"
    return 1
  fi
  echo "Installing the Debian package $package: the Node.js runtime needs its $missing ..."
  log=$(mktemp)
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; } >"$log" 2>&1
  missing=$(missing_library node_modules/.bin/node)
  if [ -n "$missing" ]; then
    tail -n 20 "$log" >&2
    say_missing_library "$missing"
  fi
  rm -f "$log"
  [ -z "$missing" ]
}
