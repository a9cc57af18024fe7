#!/bin/sh
# Runs a command in the root of scripts/test-musl.mjs. Must run in its own mount namespace.
set -e
mount -t tmpfs changes "$CHANGES"
cd "$CHANGES"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=$UPPER:$LOWER,upperdir=upper,workdir=work" root
cd root
mkdir -p proc sys dev tmp run repository rows
for folder in proc sys dev; do mount --rbind "/$folder" "$folder"; done
for folder in tmp run; do mount -t tmpfs tmpfs "$folder"; done
mount --bind "$REPOSITORY" repository
mount --bind "$ROWS" rows
exec chroot . /usr/bin/env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 \
  BERKELEY_CONFORMANCE_RESULTS=/rows sh -c 'cd /repository && exec "$@"' sh "$@"
