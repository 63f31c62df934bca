#!/bin/sh
# Installs what is missing, configures and builds:  scripts/build.sh PRESET [TARGET...]
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift

packages="g++ cmake ninja-build ca-certificates
    libboost1.81-dev libboost-json1.81-dev libboost-system1.81-dev libboost-url1.81-dev libssl-dev liburing-dev openssl
    zlib1g-dev libbrotli-dev libzstd-dev libidn2-dev libpsl-dev
    catch2 libbenchmark-dev libcli11-dev libfmt-dev libjpeg62-turbo-dev libpng-dev libstb-dev libarchive-dev
    tinyproxy-bin"
case $preset in
    clang* | fuzz*) packages="$packages clang-16 libclang-rt-16-dev" ;;
    debug*) packages="$packages valgrind" ;;
    release*) # what the benchmarks compare with
        packages="$packages python3 python3-uvloop python3-joblib"
        packages="$packages curl aria2 wget2 python3-aiohttp" ;;
esac

case $preset in
    fuzz*) ;;
    *) packages="$packages nginx" ;; # tests start one of their own
esac

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Missing packages, and neither root nor sudo to install them with:$missing" >&2
            exit 1
        fi
        as_root=sudo
    fi
    echo "Installing missing packages:$missing"
    $as_root apt-get update -q
    # The tests and benchmarks start servers of their own: none is to run for good because it was installed.
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        policy=
    else
        trap '$as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
    if [ -n "$policy" ]; then $as_root rm -f "$policy"; fi
    trap - EXIT
fi

# ccache makes a second build of the same sources quick; an empty TANDEM_LAUNCHER does without it.
if [ -z "${TANDEM_LAUNCHER+set}" ] && command -v ccache >/dev/null; then TANDEM_LAUNCHER=ccache; fi
export TANDEM_LAUNCHER="${TANDEM_LAUNCHER-}"
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS-pch_defines,time_macros}"

echo "Building preset $preset"
cmake --preset "$preset" --log-level=WARNING
if [ $# -gt 0 ]; then set -- --target "$@"; fi
cmake --build --preset "$preset" --parallel "$(nproc)" "$@"
