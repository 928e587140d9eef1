#!/usr/bin/env bash
# Runs a program of MPICH on two "hosts": network namespaces of this machine, joined by a virtual cable of a given rate.
# So the ranks really send packets to each other, as on a cluster. Needs root, iproute2 and MPICH.
#   bench/hosts.sh RANKS RATE PROGRAM...      for instance: bench/hosts.sh 2 1gbit microgpt train names.txt ...
# Ranks are dealt to the hosts in turn. A rate of "none" leaves the cable as fast as the kernel is.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,5p "$0"; exit 2; }
ranks=$1 rate=$2
shift 2
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
  -hosts 10.77.0.1,10.77.0.2 -ppn 1 -n "$ranks" "$@"
