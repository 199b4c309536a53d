#!/bin/sh
# Runs every kernel of CKernels under the address and undefined-behaviour sanitizers, on odd shapes, each instruction
# set that this machine has, and compares it with its oracle on the way. (swiftc has no undefined-behaviour sanitizer on
# Linux, so this is a C program of its own.)
#
# Needs a clang with the sanitizers' runtime: the Swift toolchain's, or Debian's clang and libclang-rt-*-dev. Without one
# it says so and succeeds. CC=... names a compiler.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Pointer arithmetic is left to the address sanitizer, which sees where it leads: checking each sum trebles the time that
# the unrolled kernels take to compile.
sanitizers="-fsanitize=address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all"

swift=$(command -v swift || true)
[ -z "$swift" ] || swift=$(dirname "$(readlink -f "$swift")")/clang
compiler=
echo 'int main(void) { return 0; }' >"$work/probe.c"
for candidate in ${CC:-} $swift clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
    if "$candidate" $sanitizers "$work/probe.c" -o "$work/probe" 2>/dev/null && "$work/probe" 2>/dev/null; then
        compiler=$candidate
        break
    fi
done
if [ -z "$compiler" ]; then
    echo "sanitize: skipped, no clang with the sanitizers' runtime (on Debian: apt install clang libclang-rt-14-dev)"
    exit 0
fi

echo "sanitize: $("$compiler" --version | head -1)"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
for source in Sources/CKernels/*.c Tools/sanitize/*.c; do echo "$source"; done |
    xargs -P "$jobs" -I{} sh -c '"$0" -O1 -g -fno-omit-frame-pointer '"$sanitizers"' -D_GNU_SOURCE \
        -include Tools/sanitize/older_clang.h -ISources/CKernels/include -ISources/CKernels \
        -c "$1" -o "$2/$(echo "$1" | tr / _).o"' "$compiler" {} "$work"
# (The gold linker warns of every symbol of the runtime; what matters is whether there is a program.)
"$compiler" $sanitizers "$work"/*.o -o "$work/sanitize" -lm -lpthread 2>"$work/linker" || { cat "$work/linker"; exit 1; }
for isa in scalar portable avx2 avx512; do
    GENREKIT_ISA=$isa ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 "$work/sanitize" "$isa"
done
