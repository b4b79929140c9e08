#!/bin/sh
# Get a Chromium for the tests of this folder: Debian's, else the one Playwright downloads.
# Usage: get_browser.sh PYTHON. Always succeeds: where there is no browser the tests say so, skip or (CI=true) fail.

python=$1
[ -z "$CHROME" ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Without a font for Hangul the Korean pages would be tested as rows of empty boxes.
if command -v apt-get >"$log" && [ "$(id -u)" = 0 ] && ! dpkg -s chromium fonts-noto-cjk >"$log" 2>&1; then
    echo "Installing chromium and fonts-noto-cjk"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >"$log" 2>&1 </dev/null
    apt-get install -y --no-install-recommends chromium fonts-noto-cjk >>"$log" 2>&1 </dev/null
fi

command -v chromium >/dev/null || "$python" -m playwright install chromium >>"$log" 2>&1 </dev/null ||
    if [ "$CI" = true ]; then cat "$log"; fi
