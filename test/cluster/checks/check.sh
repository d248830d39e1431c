# What the checks of the running cluster share; each sources it first. Afterwards the folder is test/cluster, $top is the folder of the
# sources, and $work is a scratch folder.
# shellcheck shell=bash
set -eEuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck disable=SC2034
top=$(cd ../.. && pwd)
work=$(mktemp -d)
began=$SECONDS
namespace=kvs-check-$(basename "$0")  # the check's own

# A check redefines it to leave the cluster as it was. It runs when the check ends, however that ends, and itself ends at its first
# command that fails: then the check has failed, too.
at_end() { :; }
say_where() { echo "${1##*/}, line $2: $3" >&2; } # FILE LINE COMMAND
finish() {
  local code=$? undone
  trap - EXIT ERR
  set +e
  rm -f "$work/out"
  (set -e; trap 'say_where "${BASH_SOURCE[0]}" $LINENO "$BASH_COMMAND"' ERR; at_end) >"$work/end" 2>&1
  undone=$?
  if [ $undone != 0 ]; then
    echo "FAILED: the cluster is not left as it was"
    cat "$work/end"
    [ $code != 0 ] || code=1
  fi
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'say_where "${BASH_SOURCE[0]}" $LINENO "$BASH_COMMAND"' ERR

ok() { printf '%-66s ok %4d s\n' "$1" $((SECONDS - began)); began=$SECONDS; }
fail() { # and what the last command under `quietly` said
  echo "FAILED: $*"
  [ ! -f "$work/out" ] || cat "$work/out"
  exit 1
}
quietly() { "$@" >"$work/out" 2>&1; }
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { "${@:2}" || true; fail "not within $1 s: ${*:2}"; }
    sleep 0.2
  done
}

kubectl() { ./cluster kubectl -n "$namespace" "$@"; }
system() { ./cluster kubectl -n kube-system "$@"; }
start_web_servers() { # on every node, in the check's own namespace
  ./cluster kubectl create namespace "$namespace" >/dev/null
  kubectl apply -f checks/web.yaml >/dev/null
  kubectl rollout status daemonset/web --timeout=60s >/dev/null
}
web_server_on() { # NODE FIELD
  kubectl get pods -l app=web --field-selector "spec.nodeName=$1" -o jsonpath="{.items[0].$2}"
}
delete_namespaces() { ./cluster kubectl delete namespace "$@" --ignore-not-found --timeout=90s; }
