# What the checks in faults/ share. Each breaks one thing around pods of a running cluster of three nodes, which pods may not feel, and
# leaves the cluster as it was, also when it fails.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/check.sh"

# --- what is asked ----------------------------------------------------------------------------------------------------
readiness() { ./cluster sh "$1" curl -s --unix-socket /run/k-vswitch/agent.sock http://agent/readyz; }
agent_says() { grep -qF "$2" <<<"$(readiness "$1")"; } # NODE TEXT: among the problems that its agent reports
agent_is_well() { [ "$(readiness "$1")" = ok ]; }
holder() { system get lease k-vswitch-controller -o jsonpath='{.spec.holderIdentity}'; }
other_holder() { [ -n "$(holder)" ] && [ "$(holder)" != "$1" ]; }
renewed() { system get lease k-vswitch-controller -o jsonpath='{.spec.renewTime}'; }
renewed_since() { [ "$(renewed)" != "$1" ]; }
controllers_are() { # NUMBER: of their pods, also those that end
  local found
  found=$(system get pods -l app.kubernetes.io/component=controller -o name) && [ "$(wc -w <<<"$found")" = "$1" ]
}
condition() { # NODE TYPE: the status of a condition of the node's VSwitchConfig
  ./cluster kubectl get vsc "$1" -o jsonpath="{.status.conditions[?(@.type==\"$2\")].status}"
}
condition_is() { [ "$(condition "$1" "$2")" = "$3" ]; }
agents() { system get pods -l app.kubernetes.io/component=agent -o name | sort; }

await_nodes() { # Ready all, and the agents of those that are named well
  ./cluster kubectl wait --for=condition=Ready nodes --all --timeout=120s || return
  local node
  for node; do until_true 90 agent_is_well "$node"; done
}
await_well() { # everything runs, and nothing is wrong
  await_nodes node1 node2 node3 || return
  system rollout status daemonset/k-vswitchd --timeout=90s &&
    system wait --for=condition=Available deployments --all --timeout=120s &&
    ./cluster kubectl wait --for=condition=Ready vsc --all --timeout=60s &&
    until_true 60 controllers_are 1 &&
    until_true 60 renewed_since "$(renewed)"  # by it
}

# --- pods -------------------------------------------------------------------------------------------------------------
start_pods() { # a web server on every node; afterwards `reaches` may be asked
  start_web_servers
  from=$(web_server_on node1 status.podIP)
  netns=$(./cluster netns node1 "$from")
  to=$(web_server_on node2 status.podIP)
}
reaches() { ./cluster sh node1 ip netns exec "$netns" ping -c 1 -W 1 "${1:-$to}"; } # [ADDRESS]: from the pod on node1 to the one on node2
start_traffic() { harness/traffic start "$work/traffic"; }
expect_none_lost() { # WHAT
  harness/traffic stop "$work/traffic" || fail "$1: packets of running flows were lost"
  ok "$1"
}

# --- faults -----------------------------------------------------------------------------------------------------------
take_api_server_away() { # and restarts an agent, which works with what it knew
  api_server_was_away=1
  ./cluster kill apiserver
  until_true 60 agent_says node1 "API server"
  ./cluster sh node1 bash -c 'kill -KILL $(pgrep -x k-vswitchd)'
  until_true 90 agent_says node1 "using the configuration cached at"
}

# --- and back ---------------------------------------------------------------------------------------------------------
quietly await_well || fail "the cluster was not well before"
rm "$work/out"
proxy_is_well() { ./cluster sh "$1" curl -sf http://127.0.0.1:10256/healthz; }
# After the API server was away, its clients watch again after up to a minute, and a container that was killed is delayed when it is killed
# again: what starts anew has no such past.
renew_clients() {
  ./cluster kill scheduler
  ./cluster kill controller-manager
  ./cluster start
  local node
  for node in node1 node2 node3; do ./cluster sh "$node" pkill -KILL -x kube-proxy; done
  for node in node1 node2 node3; do until_true 30 proxy_is_well "$node"; done
  system delete pods -l app.kubernetes.io/component=agent --field-selector spec.nodeName=node1
}
undo() { :; }  # a check redefines it to undo what it alone does
at_end() {
  ./cluster start
  undo
  [ -z "${api_server_was_away-}" ] || renew_clients
  ./cluster kubectl uncordon node1 node2 node3
  system scale deployment k-vswitch-controller --replicas 1
  delete_namespaces "$namespace" kvs-traffic
  await_well
}
