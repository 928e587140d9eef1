# What arm64.sh and windows.sh share: the command runs on Linux x64 and on another platform, and both must agree.
set -uo pipefail
export LC_ALL=C.UTF-8 DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 MICROGPT_VECTOR=

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
mkdir "$work/bin"
PATH="$work/bin:$PATH"
trap leave EXIT

# Runs are ended, and nothing is left.
leave() {
  local pid
  for pid in "$work"/on-*/pid; do [ -e "$pid" ] && kill -KILL "$(cat "$pid")"; done 2> /dev/null
  rm -rf "$work"
}

say() { echo "$*"; }
fail() { echo "FAILED: $*"; exit 1; }

# needs PROGRAM...: what the script can't do without; each is a command, or the path of one.
needs() {
  local program missing=
  [ "$(uname -sm)" = "Linux x86_64" ] || { say "skipped: this compares with Linux x64, and needs it"; exit 77; }
  for program; do
    command -v "$program" > /dev/null || missing+=" ${program##*/}"
  done
  [ -z "$missing" ] || { say "skipped: no$missing; apt-get install $packages"; exit 77; }
}

# publish RUNTIME FOLDER OPTION...
publish() {
  say "building for $1"
  dotnet publish "$root/src/MicroGpt.Cli" -c Release -r "$1" --artifacts-path "$work/build" -o "$work/$2" "${@:3}" \
    > "$work/log" 2>&1 || { grep -E 'error|warning' "$work/log" || cat "$work/log"; fail "it does not build for $1"; }
}

# platform NAME COMMAND: from now on NAME is a program that runs microgpt there.
platform() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" > "$work/bin/$1"
  chmod +x "$work/bin/$1"
  mkdir "$work/on-$1"
}

# on PLATFORM ARGUMENT...: runs the command in the platform's own folder, whose stdout, stderr and code then say how it
# went. Its stdin is the file $input.
on() {
  local folder="$work/on-$1"
  (cd "$folder" && "$@" < "${input:-/dev/null}" > stdout 2> stderr; echo $? > code)
  sed -i 's/\r$//' "$folder/stderr" # Windows ends lines its own way
}

# both ARGUMENT...: x64 and the other platform must print the same, complain of the same and end with the same code.
both() {
  local part
  on x64 "$@"
  on "$other" "$@"
  for part in code stderr stdout; do
    diff "$work"/on-{x64,"$other"}/"$part" \
      || fail "microgpt $*: $part differs, x64 (<) from $other (>)"
  done
  say "same on $other: microgpt $*, exit code $(cat "$work/on-x64/code")"
}

# golden NAME LOG: the losses of the last run's log, and its samples, are those that Python printed.
golden() {
  local folder="$work/on-$other"
  diff <(tr '\r' '\n' < "$root/tests/golden/$1.stdout" | grep -E '^(step|sample) ') <(
    sed -E 's/.*"step":([0-9]+),"loss":([^,]+),.*/\1 \2/' "$folder/$2" \
      | awk '{ printf "step %4d / 1000 | loss %.4f\n", $1, $2 }'
    awk '{ printf "sample %2d: %s\n", NR, $0 }' "$folder/stdout"
  ) || fail "$1: Python's figures (<) are not those of $other (>)"
  say "1,000 losses and 20 samples as Python printed them: $1"
}

# same_bytes A B: two checkpoints, of which a difference is named by tensor, row and column.
same_bytes() {
  cmp -s "$1" "$2" && { say "same bytes: ${1##*/}"; return; }
  compare "$1" "$2"
  fail "${1##*/}: the same parameters in different files: $(cmp "$1" "$2" 2>&1)"
}

# compare A B [BOUND]: no parameter differs by more than the bound, 0 if none is given.
compare() {
  local found
  found=$(dotnet run --file "$here/CheckpointDifference.cs" -- "$@") || fail "${1##*/}: $found"
  say "${1##*/}: $found"
}

# begin PLATFORM ARGUMENT...: starts the command and does not wait. The files begun and complaint have what it says, pid
# its process id while it runs, code how it ended.
begin() {
  local folder="$work/on-$1"
  (
    cd "$folder" || exit
    "$@" < /dev/null > begun 2> complaint &
    echo $! > "$folder/pid"
    wait $!
    echo $? > "$folder/code"
    rm "$folder/pid"
  ) 2> /dev/null &
}

# interrupted PLATFORM SIGNAL ARGUMENT...: begins a run and sends the signal as soon as it has taken a step.
interrupted() {
  local folder="$work/on-$1" run
  rm -f "$folder/begun"
  begin "$1" "${@:3}"
  run=$!
  until grep -qs '^step ' "$folder/begun"; do
    kill -0 $run 2> /dev/null || fail "$1 took no step: $(cat "$folder/complaint")"
  done
  kill -"$2" "$(cat "$folder/pid")"
  wait $run
}
