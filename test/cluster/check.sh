# What the checks of the running cluster share; each sources it first. Afterwards: the folder is this one, $work is a scratch folder, and
# at_end may be redefined to clean up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
top=$(cd ../.. && pwd)
work=$(mktemp -d)
at_end() { :; }
trap 'at_end >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
trap 'echo "line $LINENO: $BASH_COMMAND"' ERR
began=$SECONDS
ok() { printf '%-66s ok %4d s\n' "$1" $((SECONDS - began)); began=$SECONDS; }
fail() { # and what the last command under `quietly` said
  echo "FAILED: $*"
  [ ! -f "$work/out" ] || cat "$work/out"
  exit 1
}
quietly() { "$@" >"$work/out" 2>&1; }
