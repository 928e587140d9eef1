#!/usr/bin/env bash
# Builds microgpt for musl, the C library of Alpine, on a machine with Debian on x64; runs it with Debian's musl; and
# demands the bytes of glibc, which are Python's. Debian has no C++ library for musl: the one for glibc is taken, and
# what it misses is in glibc-names.c, none of it about numbers. Changes nothing outside a temporary folder, needs no root.
# Minutes. Exit code 0: all the same. 1: the first difference, in the last line. 77: something is missing, and what.
other=musl
packages="musl g++"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs dotnet g++ /lib/ld-musl-x86_64.so.1

mkdir "$work/libraries"
gcc -shared -fPIC -nostdlib -o "$work/libraries/ld-linux-x86-64.so.2" "$here/glibc-names.c" || fail "glibc-names.c"
cp "$(g++ -print-file-name=libstdc++.so.6)" "$(gcc -print-file-name=libgcc_s.so.1)" "$work/libraries"

publish linux-x64 x64 -p:PublishAot=false --self-contained false
publish linux-musl-x64 musl -p:PublishAot=false --self-contained true
platform x64 "$work/x64/microgpt"
platform musl "env LD_LIBRARY_PATH=$work/libraries $work/musl/microgpt"
readelf -l "$work/musl/microgpt" | grep -q /lib/ld-musl-x86_64.so.1 || fail "that is no program for musl"
both --version

goldens
trained f32 "$root/data/names.txt" --n-layer 2 --n-embd 48 --batch-size 12 --steps 60 --precision f32 --threads 3 \
  --val 0.1
for model in shipped f32; do
  both sample $model --seed 7 --json
  both score $model emma xqz --verbose
  both eval $model "$root/data/names.txt"
done
both train no-such-file
say "musl has glibc's bytes, and Python's."
