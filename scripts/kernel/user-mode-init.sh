#!/bin/sh
# The first process of a User-Mode Linux, on the root that scripts/kernel/root.mjs made: mounts the
# host's folders that scripts/kernel/user-mode.mjs names on the command line, and continues like any
# other virtual machine, on a writable root.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
fail() {
  echo "BOOT FAILED: $1"
  busybox poweroff -f
}
mount -t tmpfs none /mnt || fail "cannot mount a tmpfs"
mkdir -p /mnt/upper /mnt/work /mnt/root /mnt/kernel
mount -t hostfs -o "$modules_folder" none /mnt/kernel || fail "cannot mount $modules_folder"
# Built in, or a module.
insmod /mnt/kernel/lib/modules/*/kernel/fs/overlayfs/overlay.ko 2>/dev/null
mount -t overlay -o lowerdir=/:/mnt/kernel,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/root ||
  fail "cannot make the root"
cd /mnt/root || fail "no root"
mkdir -p repository results old
mount -t hostfs -o "$repository_folder" none repository || fail "cannot mount $repository_folder"
mount -o remount,ro none repository
mount -t hostfs -o "$results_folder" none results || fail "cannot mount $results_folder"
pivot_root . old
umount -l old/mnt old 2>/dev/null
exec chroot . /bin/sh /etc/berkeley-boot.sh
