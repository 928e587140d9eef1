#!/usr/bin/env bash
# Builds microgpt for Windows on a machine with Debian on x64, runs it under wine, and demands what Linux does: the
# bits of Python's runs, models with the same bytes, the same sentences and exit codes. Minutes.
# Changes nothing outside a temporary folder, needs no root and no display.
# Exit code 0: all is well. 1: what is not, in the last line. 77: something is missing, and what.
other=windows
packages="wine64"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs dotnet /usr/lib/wine/wine64 /usr/lib/wine/wineserver64

export WINEPREFIX="$work/wine" WINEDEBUG=-all
unset DISPLAY WAYLAND_DISPLAY
trap '/usr/lib/wine/wineserver64 -k; leave' EXIT

publish linux-x64 x64 -p:PublishAot=false --self-contained false
publish win-x64 windows --self-contained true
say "starting wine"
/usr/lib/wine/wine64 wineboot -i > "$work/log" 2>&1
platform x64 "$work/x64/microgpt"
platform windows "/usr/lib/wine/wine64 $work/windows/microgpt.exe"
both --version

# Models of Windows have the bytes of Linux, and the default run's are Python's.
goldens
trained f32 ../names.txt --n-layer 2 --n-embd 48 --batch-size 12 --steps 60 --precision f32 --threads 3 --val 0.1

# Each system says the same of them.
for model in shipped f32; do
  both info $model
  both sample $model --seed 7 --json
  both score $model emma xqz --verbose
  both eval $model ../names.txt
done

# Text: UTF-8 in files, in arguments, on stdin, on stdout, on stderr; line ends of both kinds.
printf 'anna\nbert\nŁódź\nélan\n日本\n' > "$work/Łódź.txt"
sed 's/$/\r/' "$work/Łódź.txt" > "$work/crlf.txt"
for folder in "$work"/on-*; do cp "$work/Łódź.txt" "$work/crlf.txt" "$folder"; done
both train Łódź.txt --steps 30 --quiet --out é.safetensors
both train crlf.txt --steps 30 --quiet --out crlf.safetensors
same_parameters "$work"/on-windows/{é,crlf}.safetensors
input="$work/Łódź.txt" both train - --steps 30 --quiet --out stdin.safetensors
same_bytes "$work"/on-windows/{é,stdin}.safetensors
both sample é.safetensors --seed 1 --prompt Ł
both score é.safetensors Łódź élan 日本
both score é.safetensors --file crlf.txt
both score é.safetensors Ж
both info 'Ż ó.safetensors'
both eval é.safetensors crlf.txt

# Backslashes, drive letters.
mkdir "$work/on-windows/models"
on windows train '..\names.txt' --steps 5 --out 'models\a.safetensors'
on x64 train ../names.txt --steps 5 --out a.safetensors
same_bytes "$work/on-windows/models/a.safetensors" "$work/on-x64/a.safetensors"
on windows info "Z:${work//\//\\}\\on-windows\\models\\a.safetensors"
[ "$(cat "$work/on-windows/code")" = 0 ] || fail "a path with a drive letter: $(cat "$work/on-windows/stderr")"
say "paths of Windows lead to files"

# Faults: the same sentence and exit code as on Linux.
mkdir "$work"/on-{x64,windows}/folder
printf 'caf\xe9\n' | tee "$work/on-x64/latin1.txt" > "$work/on-windows/latin1.txt"
: | tee "$work/on-x64/empty.txt" > "$work/on-windows/empty.txt"
both train no-such-file.txt
both train no-such-folder/names.txt
both train folder
both train latin1.txt
both train empty.txt
both train shipped
both train crlf.txt --out folder
both train crlf.txt --out crlf.txt
both train crlf.txt --log crlf.txt --out log.safetensors
both train --stesp 3
both train --steps many
both train --n-embd 10 --n-head 4
both sample
both sample no-such-model
both sample crlf.txt
both sample folder
both frobnicate
both train --help
both

# A finished model is replaced, nothing is left beside it.
both train ../names.txt --out crlf.safetensors --seed 2 --steps 50 --quiet
both info crlf.safetensors
beside=$(cd "$work/on-windows" && ls crlf.safetensors*)
[ "$beside" = crlf.safetensors ] || fail "left beside crlf.safetensors: $beside"
say "a model is replaced, and nothing is left beside it"

# A run that is asked to stop saves, and goes on on the other system. Wine makes Ctrl-C of SIGINT.
long=(../names.txt --steps 4000 --out stopped.safetensors)
on x64 train "${long[@]/stopped/whole}" --quiet --samples 0
for pair in "x64 TERM 143 windows" "windows INT 130 x64"; do
  read -r first signal code second <<< "$pair"
  interrupted "$first" "$signal" train "${long[@]}"
  [ "$(cat "$work/on-$first/code")" = "$code" ] \
    || fail "$first, SIG$signal: exit code $(cat "$work/on-$first/code"), not $code: $(cat "$work/on-$first/complaint")"
  grep -q -- --resume "$work/on-$first/complaint" || fail "$first, SIG$signal: no word of --resume"
  resumed="$work/on-$second/$first-then-$second.safetensors"
  mv "$work/on-$first/stopped.safetensors" "$resumed"
  on "$second" train "${long[@]/stopped/$first-then-$second}" --resume --quiet --samples 0
  [ "$(cat "$work/on-$second/code")" = 0 ] || fail "$second does not go on: $(cat "$work/on-$second/stderr")"
  same_bytes "$resumed" "$work/on-x64/whole.safetensors"
done

# One model, two runs: the second is refused. A run that is killed leaves its last save, and no lock.
held=(train --steps 100000000 --save-every 1 --out held.safetensors)
for platform in x64 windows; do
  begin "$platform" "${held[@]}"
  for ((i = 0; i < 300; i++)); do [ -e "$work/on-$platform/held.safetensors" ] && break; sleep 0.1; done
  [ -e "$work/on-$platform/held.safetensors" ] || fail "$platform saved nothing in 30 s"
done
both train --out held.safetensors
for platform in x64 windows; do
  kill -KILL "$(cat "$work/on-$platform/pid")"
done
sleep 1
on windows train --out held.safetensors --n-embd 8
grep -q 'an unfinished run' "$work/on-windows/stderr" || fail "after a killed run: $(cat "$work/on-windows/stderr")"
on windows info held.safetensors
[ "$(cat "$work/on-windows/code")" = 0 ] || fail "a run that was killed left no model: $(cat "$work/on-windows/stderr")"
say "a run that is killed leaves its last save, and no lock"
say "Windows, as far as wine is Windows, does what Linux does."
