#!/bin/sh
# Prints once more what failed in the last run of presets' tests, for a log of which only the end is read:
#   scripts/failures.sh PRESET...   (fuzz: of scripts/fuzz.sh)
# Of each failed test it prints the end of its output, and then the list of their names, as the test runner does.
set -u
cd "$(dirname "$0")/.." || exit

for preset in "$@"; do
    build=build/$preset
    failed=$build/Testing/Temporary/LastTestsFailed.log
    echo "== What failed in preset $preset"
    if [ "$preset" = fuzz ]; then
        tail -n 40 "$build"/failed.log 2>/dev/null || echo "No fuzzer ran: see above."
    elif [ ! -s "$failed" ]; then
        echo "No test: it was not built, or the test runner did not begin. See above."
    else
        # A test stands in the log between "N/M Testing: NAME" and "end of output".
        awk '
            NR == FNR { sub(/^[0-9]+:/, ""); failed[$0] = 1; next }
            /^[0-9]+\/[0-9]+ Testing: / { name = $0; sub(/^[0-9]+\/[0-9]+ Testing: /, "", name); lines = 0; next }
            !(name in failed) { next }
            /^<end of output>$/ {
                printf "-- %s\n", name
                first = lines > 60 ? lines - 60 : 0
                if (first > 0) printf "(%d lines before these)\n", first
                for (i = first; i < lines; ++i) print output[i]
                next
            }
            { output[lines++] = $0 }
        ' "$failed" "$build"/Testing/Temporary/LastTest.log
        echo "The following tests FAILED in preset $preset:"
        sed 's/^/    /' "$failed"
    fi
done
