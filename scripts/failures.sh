#!/bin/sh
# Prints once more what failed when test.sh ran presets, for a log of which only the end is read:
#   scripts/failures.sh PRESET...   (fuzz: of scripts/fuzz.sh)
# First the output of each failed test, and then, for all presets, the list of their names, as the test runner does.
set -u
cd "$(dirname "$0")/.." || exit

for preset in "$@"; do
    tests=build/$preset/Testing/Temporary
    if [ "$preset" = fuzz ]; then
        echo "== What failed in the fuzzers"
        cat build/fuzz/failed.log 2>/dev/null || echo "None said so; perhaps they were not built: see above."
    elif [ -s "$tests"/LastTestsFailed.log ] && [ -f "$tests"/LastTest.log ]; then
        echo "== What failed in preset $preset"
        # A test stands in the log between "N/M Testing: NAME" and "end of output". What is wrong is said at the beginning of
        # a sanitizer's report, and at the end of most others.
        awk '
            NR == FNR { sub(/^[0-9]+:/, ""); failed[$0] = 1; next }
            /^[0-9]+\/[0-9]+ Testing: / { name = $0; sub(/^[0-9]+\/[0-9]+ Testing: /, "", name); lines = 0; next }
            !(name in failed) { next }
            /^<end of output>$/ {
                printf "-- %s\n", name
                for (i = 0; i < lines; ++i) {
                    if (i == 40 && lines > 80) {
                        i = lines - 40
                        print "[...]"
                    }
                    print output[i]
                }
                next
            }
            { output[lines++] = $0 }
        ' "$tests"/LastTestsFailed.log "$tests"/LastTest.log
    fi
done

for preset in "$@"; do
    failed=build/$preset/Testing/Temporary/LastTestsFailed.log
    if [ -s "$failed" ]; then
        echo "The following tests FAILED in preset $preset:"
        sed 's/^/    /' "$failed"
    elif [ "$preset" != fuzz ]; then
        echo "No test failed in preset $preset: it was not built, or the test runner did not begin. See above."
    fi
done
