# What the scripts beside it share: the command runs on Linux x64 and on another platform, and both must agree.
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
  # Windows ends lines its own way, and wine speaks up itself; what it says of a crash, the exit code says too.
  sed -i 's/\r$//; /^wine: /d' "$folder/stderr"
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

# trained MODEL ARGUMENT...: x64, the other platform's vectors and its scalar code take the same losses to the same file.
trained() {
  both train "${@:2}" --quiet --log "$1.jsonl" --out "$1"
  MICROGPT_VECTOR=scalar on "$other" train "${@:2}" --quiet --log "scalar-$1.jsonl" --out "scalar-$1"
  same_bytes "$work"/on-{"$other",x64}/"$1"
  same_bytes "$work/on-$other/scalar-$1" "$work/on-x64/$1"
  for log in "$work/on-$other"/{,scalar-}"$1.jsonl"; do
    cmp "$log" "$work/on-x64/$1.jsonl" || fail "${log##*/} differs from x64's"
  done
}

# golden RUN MODEL: the model was trained as in this run of Python's: its losses and parameters are Python's to the last
# bit, and what is on stdout are Python's samples.
golden() {
  local folder="$work/on-$other" found
  found=$(dotnet run --file "$here/GoldenDifference.cs" -- "$root/tests/golden/$1.json" "$folder/$2.jsonl" "$folder/$2") \
    || fail "$1 on $other: $found"
  diff <(tr '\r' '\n' < "$root/tests/golden/$1.stdout" | sed -n 's/^sample *[0-9]*: //p') "$folder/stdout" \
    || fail "$1: Python's samples (<) are not those of $other (>)"
  say "$1 on $other: $found; 20 samples"
}

# goldens: the default run, on each list whose results with Python are known, has Python's bits.
goldens() {
  local makemore="$root/../shared/data/makemore-names.txt"
  cp "$root/data/names.txt" "$work"
  trained shipped ../names.txt
  golden shipped-names-default shipped
  [ -e "$makemore" ] || return 0
  cp "$makemore" "$work/makemore.txt"
  trained makemore ../makemore.txt
  golden names-default makemore
}

# same_parameters A B: of two checkpoints; a difference is named by tensor, row and column.
same_parameters() {
  local found
  found=$(dotnet run --file "$here/CheckpointDifference.cs" -- "$1" "$2") || fail "${1##*/}: $found"
  say "${1##*/}: $found"
}

# same_bytes A B: two checkpoints.
same_bytes() {
  cmp -s "$1" "$2" && { say "same bytes: ${1##*/}"; return; }
  same_parameters "$1" "$2"
  fail "${1##*/}: the same parameters in different files: $(cmp "$1" "$2" 2>&1)"
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
