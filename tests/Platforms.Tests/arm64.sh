#!/usr/bin/env bash
# Builds a native microgpt for Linux on Arm64, on a machine with Debian on x64; runs it under qemu with Debian's own
# Arm64 libraries; and demands the bytes of x64, which are Python's. Changes nothing outside a temporary folder, needs no
# root. Minutes.
# Exit code 0: all the same. 1: the first difference, in the last line. 77: something is missing, and what.
other=arm64
packages="clang lld gcc-aarch64-linux-gnu qemu-user-static"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs dotnet clang lld aarch64-linux-gnu-objcopy qemu-aarch64-static apt-get dpkg

# Debian's libraries for Arm64, by an apt of our own that knows this architecture only.
libraries() {
  local apt="$work/apt"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$work/root"
  apt() {
    (cd "$apt" && apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$apt/lists" \
      -o Dir::State::Status=/dev/null -o Dir::Cache="$apt" -o Debug::NoLocking=1 -o Acquire::Languages=none \
      -o APT::Sandbox::User="$(id -un)" "$@") || fail "apt-get $1 for Arm64 failed"
  }
  say "fetching Debian's Arm64 libraries"
  apt update
  apt download libc6 libgcc-s1 libstdc++6 libssl3 zlib1g
  for package in "$apt"/*.deb; do
    dpkg -x "$package" "$work/root" || fail "$package can't be unpacked"
  done
}

publish linux-x64 x64 -p:PublishAot=false --self-contained false
publish linux-arm64 arm64 -p:StripSymbols=false \
  -p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:ObjCopyName=aarch64-linux-gnu-objcopy
libraries
platform x64 "$work/x64/microgpt"
platform arm64 "qemu-aarch64-static -L $work/root $work/arm64/microgpt"
both --version

goldens
wider=("$root/data/names.txt" --n-layer 2 --n-embd 48 --batch-size 12 --steps 20)
trained f64 "${wider[@]}" --val 0.1 --clip 1 --weight-decay 0.01 --schedule cosine --warmup 5
trained f32 "${wider[@]}" --precision f32 --threads 3
trained text "$root/docs/exactness.md" --documents chunks --block-size 40 --n-embd 24 --batch-size 5 \
  --precision f32 --threads 2 --steps 40

for model in shipped f64 f32; do
  both info $model
  both sample $model --seed 7 --prompt a
  both sample $model --seed 7 --temperature 0.8 --top-k 9 --top-p 0.9 --json
  both score $model emma xqz --verbose
  both eval $model "$root/data/names.txt"
done
both sample text --seed 3 -n 5
both score text 'ΣŁé'
both train no-such-file

# A run that was interrupted on one platform goes on, and ends, on the other.
whole=("$root/data/names.txt" --n-layer 2 --n-embd 32 --steps 1500 --quiet --samples 0)
running=("${whole[@]/--quiet/--save-every=30}")
on x64 train "${whole[@]}" --out whole
for pair in "x64 arm64" "arm64 x64"; do
  read -r first second <<< "$pair"
  interrupted "$first" TERM train "${running[@]}" --out stopped
  [ "$(cat "$work/on-$first/code")" = 143 ] || fail "$first ended with $(cat "$work/on-$first/code"), not 143"
  mv "$work/on-$first/stopped" "$work/on-$second/$first-then-$second"
  on "$second" train "${whole[@]}" --resume --out "$first-then-$second"
  same_bytes "$work/on-$second/$first-then-$second" "$work/on-x64/whole"
done
say "Arm64 has x64's bytes, and Python's."
