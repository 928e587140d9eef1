#!/usr/bin/env bash
# Publishes the command as a native program, from an empty clone with an empty package cache; demands one file, the bytes
# of the build for .NET, and that it runs without OpenSSL; then runs the command's own tests against it. Many minutes.
# Exit code 0: all is well. 1: what is not, in the last line. 77: something is missing, and what.
other=native
packages="clang git"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs dotnet clang git ldd unshare

say "cloning"
git clone -q "$root" "$work/clone" || fail "git clone"
export NUGET_PACKAGES="$work/cache" NUGET_HTTP_CACHE_PATH="$work/downloads"
root="$work/clone" publish linux-x64 native
unset NUGET_PACKAGES NUGET_HTTP_CACHE_PATH
[ "$(ls "$work/native")" = microgpt ] || fail "more than one file: $(ls "$work/native")"
say "one file: $(stat -c %s "$work/native/microgpt") bytes"
publish linux-x64 x64 -p:PublishAot=false --self-contained false
platform x64 "$work/x64/microgpt"
platform native "$work/native/microgpt"
on native --version --verbose
cat "$work/on-native/stdout"
grep -q '^vectors  *[1-9]' "$work/on-native/stdout" || ! grep -qw avx2 /proc/cpuinfo || fail "it uses no vectors"
both --version

goldens
trained f32 ../names.txt --precision f32 --n-layer 2 --n-embd 48 --batch-size 12 --steps 60 --threads 2
for model in shipped f32; do
  both sample $model --seed 7 --json
  both eval $model ../names.txt
  both export $model --out Names.cs
  cmp "$work"/on-{x64,native}/Names.cs || fail "Names.cs"
done

# A root with nothing but the program, the C library and the names: no OpenSSL, no ICU, no .NET.
bare="$work/bare"
mkdir -p "$bare/tmp"
for library in $(ldd "$work/native/microgpt" | grep -oE '/[^ ]+'); do
  mkdir -p "$bare/$(dirname "$library")"
  cp -L "$library" "$bare/$library"
done
cp "$work/native/microgpt" "$work/names.txt" "$bare"
find "$bare" -name '*ssl*' -o -name '*crypto*' | grep . && fail "that root has OpenSSL"
cp "$work/names.txt" "$work/on-native"
while read -r arguments; do
  on native $arguments
  unshare --map-root-user chroot "$bare" /microgpt $arguments > "$work/log" 2>&1 \
    || fail "microgpt $arguments in a root without OpenSSL: $(cat "$work/log")"
  cmp "$work/log" "$work/on-native/stdout" || fail "microgpt $arguments prints something else without OpenSSL"
done << END
train names.txt --quiet --out model
sample model --seed 7 --json
score model emma
eval model names.txt
info model
export model --out Names.cs
END
same_bytes "$bare/model" "$work/on-native/model"
say "it does the same in a root with nothing but the C library"

say "running the command's tests against it"
dotnet build "$root/tests/MicroGpt.Cli.Tests" --artifacts-path "$work/build" -o "$work/tests" > "$work/log" 2>&1 \
  || fail "the tests do not build: $(tail "$work/log")"
MICROGPT_COMMAND="$work/native/microgpt" "$work/tests/MicroGpt.Cli.Tests" -noColor > "$work/log" 2>&1
code=$?
grep -E '\[FAIL\]|Total:' "$work/log"
[ $code = 0 ] || fail "tests fail: $(grep -c '\[FAIL\]' "$work/log")"
say "The native program does what the build for .NET does."
