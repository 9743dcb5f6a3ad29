#!/usr/bin/env bash
# keep_head.sh ray start --head ...
#
# Ray's head runs afterwards, on the private address, and comes back after a crash and after a reboot with the actors that
# were detached: systemd starts it, and its control store is on disk. Repeating it starts Ray anew and doubles nothing.
set -euo pipefail
state=/var/lib/inplay
service=inplay-head.service
mkdir -p "$state/gcs" /etc/systemd/system/multi-user.target.wants

# `ray up` tells in the environment what this machine is to Ray. A boot wouldn't know, so it is written down; no token is in it.
{
  echo '#!/usr/bin/env bash'
  echo '# Written by keep_head.sh.'
  for name in HOME RAY_OVERRIDE_RESOURCES RAY_OVERRIDE_LABELS RAY_CLOUD_INSTANCE_ID RAY_NODE_TYPE_NAME \
    RAY_enable_autoscaler_v2 RAY_USAGE_STATS_ENABLED DIGITALOCEAN_END_POINT; do
    if [ -n "${!name:-}" ]; then printf 'export %s=%q\n' "$name" "${!name}"; fi
  done
  sed -n 's/^[A-Za-z_]*=/export &/p' "$(dirname "$0")/head.env"
  printf 'export RAY_AUTH_MODE=token RAY_gcs_storage=rocksdb RAY_gcs_storage_path=%q\n' "$state/gcs"
  cat <<'END'
ulimit -n 65536 || ulimit -n "$(ulimit -Hn)"
# Ray binds to the private address: the public one would be cut off by the firewall.
IP=$(curl -sf --max-time 3 http://169.254.169.254/metadata/v1/interfaces/private/0/ipv4/address ||
  hostname -I | tr ' ' '\n' | grep -m1 '^10[.]')
cd
END
  printf 'exec'
  printf ' %q' "$@"
  echo ' --node-ip-address="$IP" "$@"'
} > "$state/start_head.new"
chmod 700 "$state/start_head.new"
mv "$state/start_head.new" "$state/start_head"

# `ray exec --stop` calls `ray teardown`, which Ray 2.60 doesn't know any more: workers would go on without their head.
ray=/opt/inplay/bin/ray
if [ -x "$ray" ]; then
  printf '#!/bin/sh\n# Written by keep_head.sh.\nif [ "$1" = teardown ]; then shift; set -- down "$@"; fi\nexec %s "$@"\n' "$ray" \
    > /usr/local/bin/ray.new
  chmod 755 /usr/local/bin/ray.new
  mv /usr/local/bin/ray.new /usr/local/bin/ray
fi

for unit in "$service" inplay-platform.service; do
  install -m 644 "$(dirname "$0")/$unit" /etc/systemd/system/
  ln -sf "/etc/systemd/system/$unit" /etc/systemd/system/multi-user.target.wants/
done

if [ ! -d /run/systemd/system ]; then
  # No systemd, as in a rehearsal: what the unit would run is run here, and stays when this script ends.
  exec "$state/start_head"
fi
systemctl daemon-reload
systemctl restart "$service"
systemctl start --no-block inplay-platform.service # nothing happens until it has its settings
for _ in $(seq 60); do
  if RAY_AUTH_MODE=token ray status > /dev/null 2>&1; then exit 0; fi
  sleep 2
done
echo "Ray's head didn't come up within two minutes. Its log:" >&2
journalctl --no-pager -n 50 -u "$service" >&2
exit 1
