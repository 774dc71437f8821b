#!/bin/bash
# The first process of a cluster's sandbox: prepares its mounts and network, then lives until the cluster is removed.
# Paths that Kubernetes components insist on get private folders; /run is private as a whole (sockets, network namespaces).
set -e
state=$1

mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns /var/lib/cni /var/log
for path in /var/log /var/lib/cni; do
  mkdir -p "$state/private$path"
  mount --bind "$state/private$path" "$path"
done
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
touch "$state/sandbox.ready"

trap 'exit 0' TERM
# The shell also collects the children of others which were left to it, as the first process of a PID namespace must.
while :; do
  sleep 3600 &
  wait $!
done
