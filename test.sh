#!/bin/sh
# Builds and runs every test:  ./test.sh [PRESET...]   (debug and asan unless told; see CMakePresets.json)
# The exit status is 0 only if every preset built and passed.
set -u
cd "$(dirname "$0")" || exit
[ $# -gt 0 ] || set -- debug asan

failed=
for preset in "$@"; do
    rm -f "build/$preset"/Testing/Temporary/LastTest*.log
    scripts/build.sh "$preset" && ctest --preset "$preset" || failed="$failed $preset"
done
if [ -n "$failed" ]; then
    # What failed first has scrolled away by now.
    scripts/failures.sh $failed
    echo "test.sh: failed:$failed" >&2
    exit 1
fi
