#!/bin/sh
# Takes this box's parcel from the boot partition, or from a stick, into the volume that the agent reads; then ends.
# Each place is mounted, looked into, and let go again. Without a parcel anywhere the box stays who it is.
# Source: meta-balena, README: the boot partition is labelled resin-boot; sticks are looked for among all partitions.
set -u
home=$SATULAYAR_EDGE_IDENTITY_DIR
owner=${PARCEL_OWNER:-10001:10001}
mount_at=${PARCEL_MOUNT:-/mnt}
status=0
for device in ${PARCEL_DEVICES:-/dev/disk/by-label/resin-boot /dev/sd[a-z][0-9]}; do
  [ -b "$device" ] || continue
  mount -o rw,noexec,nosuid,nodev "$device" "$mount_at" 2>/dev/null || mount -o ro,noexec,nosuid,nodev "$device" "$mount_at" 2>/dev/null || continue
  if [ -f "$mount_at/satulayar/site.yaml" ]; then
    python -m edge --take "$mount_at" || status=$?
  fi
  umount "$mount_at"
done
chown -R "$owner" "$home"
# A parcel that is wrong does not stop a box that has an identity: the agent goes on as who it is.
[ -e "$home/current" ] || exit "$status"
