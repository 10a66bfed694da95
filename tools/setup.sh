# Shared by start.sh, test.sh and check.sh: `. tools/setup.sh` from the top of the checkout. POSIX sh, nothing assumed but npm.

# The pinned runtime first, so that every script below it uses that one.
PATH="$PWD/node_modules/.bin:$PATH"
export PATH

# Installs what the lock file names, if that is not what node_modules holds.
install_dependencies() {
  if ! command -v npm >/dev/null; then
    echo 'overcoat: npm is needed to install the dependencies (any version from 9 on)' >&2
    return 1
  fi
  if [ -x node_modules/.bin/node ] && node tools/dependencies-current.mjs; then
    return 0
  fi
  echo 'Installing the npm packages of package-lock.json (the Node.js runtime among them, about 60 MB) ...'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
}
