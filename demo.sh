#!/bin/sh
# Builds Tandem and runs its main job:
#   ./demo.sh                          compares ways to download 96 images and make their thumbnails; no network
#   ./demo.sh URL...                   downloads these into ./images, with thumbnails
#   ./demo.sh --input-file urls.txt    the same for a list, one URL a line
#   ./demo.sh --help                   the rest
set -eu
root=$(cd "$(dirname "$0")" && pwd)
"$root/scripts/build.sh" release tandem-demo tandem-get tandem-origin
exec "$root/build/release/bin/tandem-demo" "$@"
