#!/bin/busybox sh
# The first process of the virtual machine, in the initramfs: assembles the root from the host's
# folders, which scripts/kernel/machine.mjs shares, and switches to it.
/bin/busybox --install -s /bin
export PATH=/bin
fail() {
  echo "BOOT FAILED: $1"
  poweroff -f
}
mkdir -p /proc /lower /kernel /repository /results /changes /root
mount -t proc proc /proc
# In the order of their dependencies.
while read -r module; do
  insmod "/modules/$module" || fail "cannot load $module"
done </modules/order
share() {
  mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2" || fail "cannot mount $1"
}
share lower /lower ro,cache=loose
share kernel /kernel ro,cache=loose
share repository /repository ro,cache=loose
share results /results rw,cache=none
mount -t tmpfs -o size=75% changes /changes || fail "no memory for changes"
mkdir -p /changes/upper /changes/work
mount -t overlay -o lowerdir=/lower:/kernel,upperdir=/changes/upper,workdir=/changes/work overlay /root ||
  fail "cannot make the root"
mkdir -p /root/repository /root/results /root/changes
mount --move /repository /root/repository
mount --move /results /root/results
mount --move /changes /root/changes
umount /proc
exec switch_root /root /bin/sh /etc/berkeley-boot.sh
