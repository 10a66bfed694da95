#!/bin/sh
# A Debian system with nothing in it but what a new machine has, to show that the two commands install what they need. As root:
#   tools/fresh-root.sh DIR                  makes it: debootstrap's minimal system, git, CA certificates, this machine's Node.js and npm
#   tools/fresh-root.sh DIR COMMAND ARG...   makes it where DIR is not there, and runs the command in it
# SUITE=trixie takes another release than bookworm. With OVERCOAT_TEST_ROOTS=FOLDER what was made is kept there, one folder a release, and
# the next DIR is a copy of it. The command has mount and process namespaces of its own: what it starts ends
# with it. The settings of the package clients (apt's mirror and proxy, npm's, the trusted certificates) are this machine's.
set -eu
dir=${1:?usage: tools/fresh-root.sh DIR [COMMAND [ARG...]]}
shift
suite=${SUITE:-bookworm}

first_mirror() { # the first repository of sources.list or a deb822 file
  cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.* 2>/dev/null |
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' | head -n 1
}

# Copies a path of this machine to the same place, links followed.
take() {
  [ -e "$1" ] || return 0
  mkdir -p "$dir$(dirname "$1")"
  cp -aL "$1" "$dir$(dirname "$1")/"
}

make_root() {
  mirror=$(first_mirror)
  : "${mirror:=http://deb.debian.org/debian}"
  export DPKG_FORCE=unsafe-io # nobody needs this system after a power failure
  if ! debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$dir" "$mirror" >"$dir.log" 2>&1; then
    tail -n 5 "$dir.log" >&2
    exit 1
  fi
  rm -f "$dir.log" "$dir"/var/cache/apt/archives/*.deb
  echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/unsafe-io"
  echo "deb $mirror $suite main" >"$dir/etc/apt/sources.list"
  for setting in /etc/apt/apt.conf.d /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf /etc/hosts; do take "$setting"; done

  # The Node of the machine, not the one of a checkout: it is only there to run npm.
  machine_path=$(printf %s "$PATH" | tr : '\n' | grep -v node_modules | paste -sd : -)
  node=$(PATH=$machine_path command -v node)
  npm=$(dirname "$(dirname "$(readlink -f "$(PATH=$machine_path command -v npm)")")")
  mkdir -p "$dir/usr/local/bin" "$dir/usr/local/lib/node_modules"
  cp -L "$node" "$dir/usr/local/bin/node"
  cp -a "$npm" "$dir/usr/local/lib/node_modules/npm"
  for name in npm npx; do ln -sf "../lib/node_modules/npm/bin/$name-cli.js" "$dir/usr/local/bin/$name"; done
  [ ! -e "$HOME/.npmrc" ] || cp -L "$HOME/.npmrc" "$dir/root/.npmrc"
  for rc in "$npm/../../../etc/npmrc" "$npm/npmrc"; do
    [ ! -e "$rc" ] || { mkdir -p "$dir/usr/local/etc" && cp "$rc" "$dir/usr/local/etc/npmrc"; }
  done
  chroot "$dir" node --version >/dev/null
}

if [ ! -e "$dir/usr/local/bin/node" ]; then
  kept=${OVERCOAT_TEST_ROOTS:+$OVERCOAT_TEST_ROOTS/$suite}
  if [ -z "$kept" ]; then
    make_root
  else
    [ -e "$kept" ] || (
      mkdir -p "$OVERCOAT_TEST_ROOTS"
      dir=$kept.$$
      make_root
      mv "$dir" "$kept"
    )
    cp --archive --reflink=auto "$kept" "$dir"
  fi
fi
[ $# -gt 0 ] || exit 0

# pivot_root and not chroot: a process in a chroot may not make user namespaces, which `overcoat exec` needs.
# shellcheck disable=SC2016 # expanded by the inner shell
exec unshare --mount --pid --fork --kill-child sh -c '
  dir=$1
  shift
  mount --make-rprivate /
  mount --bind "$dir" "$dir"
  cd "$dir"
  mkdir -p .before
  mount -t proc proc proc
  mount --rbind /sys sys
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  pivot_root . .before
  umount -l /.before
  cd /root
  unset INIT_CWD npm_config_prefix npm_config_global_prefix npm_config_local_prefix # of whoever asked npm to run us
  HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin exec "$@"' sh "$dir" "$@"
