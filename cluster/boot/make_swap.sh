#!/usr/bin/env bash
# make_swap.sh [GIB]
#
# A swap file of so many GiB is in use afterwards, now and after each boot, and used late. Repeating it changes nothing.
# A head of 4 GB holds the platform; while a model is trained it needs as much again for minutes, and mostly of what
# sleeps meanwhile. Where files lie in memory, as in a rehearsal, no swap file can be: /var/lib/inplay/no_swap says so.
set -euo pipefail
gib=${1:-4}
state=/var/lib/inplay
file=$state/swap
mkdir -p "$state"
rm -f "$state/no_swap"
if grep -q "^$file " /proc/swaps; then exit 0; fi
kind=$(stat -f -c %T "$state")
if [ "$kind" = tmpfs ] || [ "$kind" = overlayfs ]; then
  echo "no swap file: its disk is $kind" | tee "$state/no_swap"
  exit 0
fi
rm -f "$file" # what an interrupted attempt left
(umask 077 && fallocate -l "${gib}G" "$file")
mkswap "$file" > /dev/null
echo 'vm.swappiness = 10' > /etc/sysctl.d/60-inplay-swap.conf
sysctl -q -p /etc/sysctl.d/60-inplay-swap.conf
swapon "$file"
grep -q "^$file " /etc/fstab || echo "$file none swap sw 0 0" >> /etc/fstab
echo "swap file of $gib GiB"
