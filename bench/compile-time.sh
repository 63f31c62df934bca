#!/usr/bin/env bash
# What it costs to compile a program against Tandem's public headers, held against the standard headers that it
# and they include, alone. The goals are those of hello (at most 2 times) and hybrid (at most 3 times).
#
#   bench/compile-time.sh [RUNS]      the fastest of RUNS (default 5) compilations of each
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
compiler=${CXX:-g++}
flags=(-std=c++20 -Iruntime/include -Ihttp/include -Iexamples)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The standard headers named by SOURCE and by each of Tandem's headers below it.
standard_headers() {
    "$compiler" "${flags[@]}" -MM "$1" | tr ' \\' '\n\n' | grep -E '\.[ch]pp$' | xargs grep -h '^#include <' |
        grep -vE '<(tandem|boost|openssl)/' | sort -u
}

# Seconds of the fastest compilation of SOURCE.
seconds() {
    local TIMEFORMAT=%U+%S
    for ((i = 0; i < runs; ++i)); do
        { time "$compiler" "${flags[@]}" -c "$1" -o "$work/object.o" 2>/dev/null; } 2>&1 | tail -n 1 |
            sed 's/+/ /' | awk '{ print $1 + $2 }'
    done | sort -n | head -n 1
}

printf '%-8s %12s %12s %7s %6s\n' program 'headers s' 'compile s' ratio goal
for program in hello:2 hybrid:3; do
    source=examples/${program%:*}.cpp
    standard_headers "$source" >"$work/standard.cpp"
    floor=$(seconds "$work/standard.cpp")
    whole=$(seconds "$source")
    awk -v n="${program%:*}" -v f="$floor" -v w="$whole" -v g="${program#*:}" \
        'BEGIN { printf "%-8s %12.2f %12.2f %7.2f %6s\n", n, f, w, w / f, (w <= g * f ? "ok" : "missed") }'
done
