# Sourced by what runs several checks.
# shellcheck shell=bash
logs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/build

# stage NAME COMMAND...: runs a command and prints one line: whether it failed, and how long it took. What the command prints goes to
# build/e2e-NAME.log; the end of that is shown if it failed.
stage() {
  local name=$1 start=$SECONDS log=$logs/e2e-${1//[ \/]/-}.log
  shift
  mkdir -p "$logs"
  if "$@" >"$log" 2>&1; then
    printf '%-36s ok     %4d s\n' "$name" $((SECONDS - start))
  else
    printf '%-36s FAILED %4d s; the end of %s:\n' "$name" $((SECONDS - start)) "$log"
    tail -100 "$log"
    return 1
  fi
}
