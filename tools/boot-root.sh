#!/bin/sh
# Boots a Debian system of tools/fresh-root.sh that has systemd: `tools/boot-root.sh DIR SHARED`, as root. systemd is the first process
# of namespaces of its own, without a network, and /mnt there is the folder SHARED. It ends with this script. `nsenter --target PID
# --all COMMAND` runs a command in it, PID being the child of this process.
set -eu
dir=$1 shared=$2
cgroups=/sys/fs/cgroup/cgroup.procs
[ -e "$cgroups" ] || cgroups='/sys/fs/cgroup/systemd/cgroup.procs /sys/fs/cgroup/unified/cgroup.procs'
for file in $cgroups; do
  mkdir -p "${file%/*}/overcoat-boot-$$"
  echo $$ >"${file%/*}/overcoat-boot-$$/cgroup.procs"
done
# shellcheck disable=SC2016 # expanded by the inner shell
exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child sh -euc '
  dir=$1 shared=$2
  mount --make-rprivate /
  mount --bind "$dir" "$dir"
  cd "$dir"
  mkdir -p .before
  ip link set lo up
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  if [ -e /sys/fs/cgroup/cgroup.procs ]; then mount -t cgroup2 cgroup2 sys/fs/cgroup; else
    mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
    mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
    mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
  fi
  mount -t tmpfs -o mode=755 tmpfs dev
  for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  mount -t tmpfs tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  for number in 0 1 2; do ln -s "/proc/self/fd/$number" "dev/$(echo stdin stdout stderr | cut -d " " -f $((number + 1)))"; done
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  mount --bind "$shared" mnt
  pivot_root . .before
  umount -l /.before
  mount --make-rshared / # credentials are mounted by a child, and must be seen by all
  exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=console --show-status=no' sh "$dir" "$shared"
