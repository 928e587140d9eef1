#!/usr/bin/env bash
# Runs a program of MPICH on two "hosts": network namespaces of this machine, joined by a virtual cable of a given rate.
# So the ranks really send packets to each other, as on a cluster. Needs root, iproute2 and MPICH.
#   bench/two-hosts.sh RATE PROGRAM...      for instance: bench/two-hosts.sh 1gbit microgpt train names.txt ...
# Each host has one rank. A rate of "none" leaves the cable as fast as the kernel is.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,5p "$0"; exit 2; }
rate=$1
shift
one=mgpt$$a two=mgpt$$b agent=$(mktemp)
cleanup() {
  for host in "$one" "$two"
  do
    ip netns pids "$host" 2> /dev/null | xargs -r kill -9
    ip netns del "$host" 2> /dev/null || true
  done
  rm -f "$agent"
}
trap cleanup EXIT
ip netns add "$one"
ip netns add "$two"
ip link add "$one" netns "$one" type veth peer name "$two" netns "$two"
for host in "$one" "$two"
do
  [ "$host" = "$one" ] && address=10.77.0.1 || address=10.77.0.2
  ip -n "$host" address add "$address/24" dev "$host"
  ip -n "$host" link set lo up
  ip -n "$host" link set "$host" up
  [ "$rate" = none ] || ip netns exec "$host" tc qdisc add dev "$host" root tbf rate "$rate" burst 256kb latency 50ms
done
for host in "$one" "$two" # the kernel takes a second to notice that the cable is plugged in
do
  for _ in $(seq 100)
  do
    [ "$(ip netns exec "$host" cat "/sys/class/net/$host/operstate")" != up ] || break
    sleep 0.05
  done
done

# The ranks would otherwise find out that they share a machine, and use its memory.
export MPIR_CVAR_NOLOCAL=1 UCX_TLS=tcp,self UCX_NET_DEVICES=$one,$two UCX_LOG_LEVEL=error

# What ssh would be: its last words are a command for that host.
cat > "$agent" << END
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
host=$two
[ "\$1" = 10.77.0.1 ] && host=$one
shift
exec ip netns exec \$host sh -c "\$*"
END
chmod +x "$agent"
ip netns exec "$one" mpirun.mpich -launcher ssh -launcher-exec "$agent" -localhost 10.77.0.1 \
  -hosts 10.77.0.1,10.77.0.2 -ppn 1 -n 2 "$@"
