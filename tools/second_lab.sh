#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# second_lab.sh COMMAND...: runs a command whose lab is another one than make lab has. Its networks have the same
# addresses, and so they are in a network namespace of their own. From there only the package cache finds a way out.
set -euo pipefail

space=airtight-second
link=airtight2
outer=172.31.255.253 inner=172.31.255.254
export AIRTIGHT_LAB_PREFIX=airtight2 AIRTIGHT_LAB_DIR=$PWD/.lab/second
export CONTAINERS_CONF=$AIRTIGHT_LAB_DIR/containers.conf

if ((EUID)); then
  echo "A second lab needs root, as make lab does." >&2
  exit 1
fi
# The namespace has one name for all working trees.
exec 9>/run/lock/airtight-second
if ! flock --nonblock 9; then
  echo "Another second lab is up; wait until it has ended." >&2
  exit 1
fi

forward() {
  iptables --wait --table nat "$1" POSTROUTING --source "$inner" --jump MASQUERADE
  iptables --wait "$1" FORWARD --source "$inner" --jump ACCEPT
  iptables --wait "$1" FORWARD --destination "$inner" --jump ACCEPT
}

leave() {
  forward --delete 2>/dev/null || true
  ip link delete "$link" 2>/dev/null || true
  ip netns delete "$space" 2>/dev/null || true
}
# Podman reads it before the lab has written it, with the same directory of networks.
mkdir -p "$AIRTIGHT_LAB_DIR"
[[ -e $CONTAINERS_CONF ]] ||
  printf '[network]\nnetwork_config_dir = "/run/%s-lab/networks"\n' "$AIRTIGHT_LAB_PREFIX" >"$CONTAINERS_CONF"

# What a run that was broken off has left, with the containers that are in the namespace of that run.
leave
if command -v podman >/dev/null; then
  podman ps --all --quiet --filter "label=airtight-lab=$AIRTIGHT_LAB_PREFIX" |
    xargs --no-run-if-empty podman rm --force --time=0 >/dev/null
fi
trap leave EXIT

ip netns add "$space"
ip link add "$link" type veth peer name uplink netns "$space"
ip address add "$outer/30" dev "$link"
ip link set "$link" up
ip -netns "$space" link set lo up
ip -netns "$space" address add "$inner/30" dev uplink
ip -netns "$space" link set uplink up
ip -netns "$space" route add default via "$outer"
echo 1 >/proc/sys/net/ipv4/ip_forward
forward --append

nsenter --net="/run/netns/$space" -- "$@" 9>&-
