#!/bin/sh
# Builds the fuzzers and lets each run for a while:  scripts/fuzz.sh [SECONDS [PROGRAM...]]
# Each starts from its samples, and from what earlier runs have found, which is kept in build/fuzz/corpus/PROGRAM/.
# An input that breaks something is left in build/fuzz/crashes/, and the exit status is 1.
set -eu
cd "$(dirname "$0")/.."
seconds=${1-10}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- fuzz-challenge fuzz-codec fuzz-cookie fuzz-decode fuzz-disposition fuzz-events fuzz-netrc \
    fuzz-reply fuzz-url

rm -f build/fuzz/failed.log
scripts/build.sh fuzz "$@"
mkdir -p build/fuzz/crashes
for program in "$@"; do
    corpus=build/fuzz/corpus/$program
    log=build/fuzz/$program.log
    mkdir -p "$corpus" build/fuzz/samples/"$program"
    echo "fuzz.sh: $program for $seconds s"
    # No input of a few KiB is worth a large allocation, but for the windows of decoders.
    case $program in
        fuzz-decode) largest=64 ;;
        *) largest=8 ;;
    esac
    {
        TANDEM_SEEDS=build/fuzz/samples/$program build/fuzz/bin/"$program" -runs=0 >"$log" 2>&1 &&
            build/fuzz/bin/"$program" -max_total_time="$seconds" -malloc_limit_mb="$largest" -rss_limit_mb=2048 \
                -timeout=10 -print_final_stats=1 -artifact_prefix=build/fuzz/crashes/"$program"- \
                "$corpus" build/fuzz/samples/"$program" >"$log" 2>&1 &&
            grep -E "number_of_executed_units|^#.*(DONE|INITED)" "$log"
    } || {
        # A report begins with what is wrong.
        { echo "fuzz.sh: $program failed" && head -n 80 "$log"; } | tee build/fuzz/failed.log >&2
        exit 1
    }
done
