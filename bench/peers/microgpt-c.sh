#!/bin/sh
# microgpt-c (github.com/vixhal-baraiya/microgpt-c), float32, to be timed beside the work names1: nEmbd 16, blockSize 16,
# one name at a time. Its sizes are changed, a clock is put around its training loop, and its line per step is removed.
#
# bench/peers/microgpt-c.sh path/to/microgpt.c
# prints microseconds per document: the time of the loop divided by its 5,000 steps.
set -e
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cat > "$folder/clock.h" <<'CLOCK'
#include <stdio.h>
#include <time.h>
static struct timespec loop_begin;
static inline void begin_loop(void) { clock_gettime(CLOCK_MONOTONIC, &loop_begin); }
static inline int end_loop(int steps) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.3f\n", ((end.tv_sec - loop_begin.tv_sec) * 1e6 + (end.tv_nsec - loop_begin.tv_nsec) / 1e3) / steps);
  return 0;
}
CLOCK
sed -e 's/^#define N_EMBD .*/#define N_EMBD 16/' \
    -e 's/^#define BLOCK_SIZE .*/#define BLOCK_SIZE 16/' \
    -e 's/^  int num_steps = .*/&\n  begin_loop();/' \
    -e '/^    printf("step %4d/d' \
    -e 's/^  printf("\\n--- inference.*/  return end_loop(num_steps);/' \
    "$1" > "$folder/microgpt.c"
cp "$(dirname "$0")/../../data/names.txt" "$folder/input.txt"
gcc -O3 -march=native -ffast-math -include "$folder/clock.h" -o "$folder/microgpt" "$folder/microgpt.c" -lm
cd "$folder"
./microgpt | tail -1
