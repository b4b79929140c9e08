#!/bin/sh
# Get a Chromium for the tests of this folder: Debian's, else the one Playwright downloads.
# Usage: get_browser.sh PYTHON. Always succeeds: where there is no browser the tests say so, skip or (CI=true) fail.

python=$1
[ -z "$CHROME" ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Without a font for Hangul the Korean pages would be tested as rows of empty boxes.
# The shell is the same browser without the windows that nobody sees, and keeps the processor less busy.
if command -v apt-get >"$log" && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    for packages in "chromium fonts-noto-cjk" chromium-headless-shell; do
        # shellcheck disable=SC2086 # several words
        if ! dpkg -s $packages >>"$log" 2>&1; then
            echo "Installing $packages"
            apt-get update >>"$log" 2>&1 </dev/null
            apt-get install -y --no-install-recommends $packages >>"$log" 2>&1 </dev/null
        fi
    done
fi

command -v chromium >/dev/null || "$python" -m playwright install chromium >>"$log" 2>&1 </dev/null ||
    if [ "$CI" = true ]; then cat "$log"; fi
