#!/bin/sh
# Takes over as the first process in the Debian root of the virtual machine: makes the preparations
# of Debian's own init, runs the tests, and powers the machine off.
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
mount -t devpts devpts /dev/pts
for folder in /dev/shm /run /tmp; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/lock
# The tests run in a memory cgroup, as services do.
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/tests
echo $$ >/sys/fs/cgroup/tests/cgroup.procs
busybox hostname berkeley
ip link set lo up
# If tunnels are built in, new network namespaces must not get their fallback devices either.
echo 1 >/proc/sys/net/core/fb_tunnels_only_for_init_net
# Debian's limits; tests raise what they need.
ulimit -n 1048576 -S 2>/dev/null || ulimit -n 4096
# A kernel without modules has all of them.
while [ -e /proc/modules ] && read -r module; do
  modprobe "$module" 2>/dev/null || echo "the kernel has no module $module"
done </etc/berkeley-modules
echo "BOOTED $(uname -rm)"
node /repository/scripts/kernel/guest.mjs </dev/null
echo "FINISHED $?"
sync
busybox poweroff -f
