"""A real Kubernetes cluster in network namespaces of this machine; test/cluster/README.md says how it is made.

  cluster up [--nodes N] [--single] [--proxy nftables|iptables|none] [--cni none|bridge]
  cluster install             the product: its image on every node, its manifest, nodes Ready, DNS
  cluster dns                 CoreDNS
  cluster kubectl ARGS...     kubectl as the cluster's administrator
  cluster run COMMAND...      any command where the API server can be reached, with KUBECONFIG set
  cluster load IMAGE.tar [NODE...]    imports an image, into every node if none is named
  cluster sh NODE [COMMAND...]        a shell or a command on a node
  cluster netns NODE ADDRESS  the network namespace on the node of the pod that has the address
  cluster kill NAME           crashes a node, etcd, apiserver, controller-manager or scheduler
  cluster start [NAME...]     starts what was killed: all of it if nothing is named
  cluster e2e [--procs N] [--skip REGEX] FOCUS    Kubernetes' own end-to-end tests
  cluster usage               how to use the cluster that runs
  cluster down
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

import control_plane
import machine
from control_plane import kubectl, try_kubectl
from machine import BIN, CACHE, HERE, IMAGES, PREFIX, STATE, TREE, Failure, wait_for
from node import REGISTRY, Node


@contextlib.contextmanager
def step(name):
    start = time.monotonic()
    yield
    print(f"  {name:<44} {time.monotonic() - start:6.1f} s", flush=True)


def for_each(nodes, act):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(act, nodes))


def options():
    try:
        return json.loads((STATE / "options.json").read_text())
    except FileNotFoundError:
        raise Failure("no cluster runs here; `cluster up` starts one") from None


def all_nodes():
    return [Node(i) for i in range(1, options()["nodes"] + 1)]


def node_called(name):
    for node in all_nodes():
        if node.name == name:
            return node
    raise Failure(f"there is no node {name}; there are {', '.join(n.name for n in all_nodes())}")


# --- up and down ------------------------------------------------------------------------------------------------------
def check_machine():
    if os.geteuid():
        raise Failure("the cluster needs root")
    machine.lock()
    if STATE.exists() or machine.namespaces():
        raise Failure("a cluster runs already on this machine; `cluster down` ends it")
    missing = [p for p in ("kube-apiserver", "kubelet", "etcd", "containerd") if not (BIN / p).exists()]
    if missing or not list(IMAGES.glob("*.tar")):
        raise Failure(f"programs or images are missing in {CACHE}; test/cluster/harness/build-programs and then test/cluster/harness/build-images make them")
    if CACHE.resolve().parts[1] in ("etc", "opt", "usr", "var", "run"):
        raise Failure(f"{CACHE} is in a folder of which each node has its own; set KVS_CLUSTER_CACHE to one elsewhere")


def up(args):
    check_machine()
    STATE.mkdir(parents=True)
    try:
        machine.note_sysctls()
        (STATE / "options.json").write_text(json.dumps(
            {"nodes": args.nodes, "dual": args.dual, "proxy": args.proxy, "cni": args.cni}))
        raise_cluster(args)
    except BaseException as failure:  # noqa: BLE001 - whatever it is, nothing is left behind
        tell(failure)
        take_down()
        sys.exit(1)


def raise_cluster(args):
    nodes = all_nodes()
    with step("control plane"):
        control_plane.make_wires()
        control_plane.make_certificates()
        control_plane.start(args.dual)
    if args.proxy != "none":
        kubectl("create", "clusterrolebinding", "kube-proxy", "--clusterrole=system:node-proxier",
                "--user=system:kube-proxy")
    with step(f"{len(nodes)} nodes registered, with pod ranges"):
        for node in nodes:
            node.make(args.dual)
            if args.proxy != "none":
                node.add_proxy(args.proxy)
            if args.cni == "bridge":
                node.add_bridge_plugin()
            node.boot()
        wait_for("every node has registered and has a pod range", 120, lambda: has_ranges(nodes),
                 nodes and nodes[0].log("kubelet"))
        route_pods()
    if args.cni == "bridge":
        for node in nodes:
            node.write_bridge_configuration(pod_ranges()[node.name])
    with step("images on every node"):
        for archive in sorted(IMAGES.glob("*.tar")):
            for_each(nodes, lambda node, archive=archive: node.load(archive))
    if args.cni == "bridge":
        with step("nodes Ready"):
            await_ready(60)


def pod_ranges():
    return {name: node["spec"].get("podCIDRs", []) for name, node in control_plane.nodes().items()}


def has_ranges(nodes):
    for node in nodes:
        if not machine.daemon_pid(node.name):
            raise Failure(f"{node.name} ended", machine.log_of(node.name))
    ranges = pod_ranges()
    return all(ranges.get(node.name) for node in nodes)


def route_pods():
    """Lets the control plane reach pods, and route between nodes where their plugin doesn't, as a cloud's router would."""
    ranges = pod_ranges()
    for node in all_nodes():
        for pods in ranges.get(node.name, []):
            machine.ip(control_plane.NAMESPACE, f"route replace {pods} via {node.ip6 if ':' in pods else node.ip4}")


def await_ready(seconds):
    done = try_kubectl("wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={seconds}s")
    if done.returncode:
        raise Failure(f"nodes are not Ready after {seconds} s: {done.stderr.strip()}")


def down(_):
    if os.geteuid():
        raise Failure("the cluster needs root")
    machine.lock()
    take_down()


def take_down():
    for name in machine.daemons():
        pid = machine.daemon_pid(name)
        if pid:
            machine.kill(pid)
    for namespace in machine.namespaces():
        machine.remove_namespace(namespace)
    machine.remove_cgroups()
    machine.restore_sysctls()
    shutil.rmtree(STATE, ignore_errors=True)


# --- the product ------------------------------------------------------------------------------------------------------
def install(args):
    nodes = all_nodes()
    if not args.image.exists():
        raise Failure(f"{args.image} is missing; `make image` makes it")
    with step("image on every node"):
        for_each(nodes, lambda node: node.load(args.image))
    try:
        with step("manifest applied, nodes Ready"):
            kubectl("apply", "-f", args.manifest)
            await_ready(args.timeout)
    except Failure:
        diagnose()
        raise
    with step("DNS"):
        dns(args)


def diagnose():
    """What one would ask for first when nodes don't become Ready."""
    for question in ("get nodes -o wide", "get pods -A -o wide", "get vswitchconfigs -o yaml",
                     "get events -n kube-system --sort-by=.lastTimestamp"):
        print(f"--- kubectl {question}", file=sys.stderr)
        print(try_kubectl(*question.split()).stdout[-6000:], file=sys.stderr)
    pods = try_kubectl("get", "pods", "-n", "kube-system", "-o", "name").stdout.split()
    for pod in (pod for pod in pods if pod.startswith("pod/k-vswitch")):
        logs = try_kubectl("logs", "-n", "kube-system", pod, "--all-containers", "--tail=40")
        print(f"--- kubectl logs -n kube-system {pod}\n{logs.stdout}{logs.stderr}", file=sys.stderr)


def dns(_):
    kubectl("apply", "-f", HERE / "dns.yaml")
    kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s")


# --- a running cluster ------------------------------------------------------------------------------------------------
def load(args):
    nodes = [node_called(name) for name in args.node] or all_nodes()
    for_each(nodes, lambda node: node.load(args.image))


def shell(args):
    command = node_called(args.node).command(*(args.command or ["bash"]))
    os.execvp(command[0], command)


def netns(args):
    node = node_called(args.node)
    for name in (line.split()[0] for line in machine.run(node.command("ip", "netns", "list")).splitlines() if line):
        shown = subprocess.run(node.command("ip", "-n", name, "-o", "address", "show"), check=False, text=True, capture_output=True)
        if f" {args.address}/" in shown.stdout:
            return print(name)
    raise Failure(f"no pod with address {args.address} is on {args.node}")


def run_command(args):
    options()
    command = machine.in_namespace(control_plane.NAMESPACE, args.command or ["bash"])
    os.environ.update(KUBECONFIG=str(control_plane.ADMIN), PATH=f"{BIN}:{os.environ['PATH']}")
    os.execvp(command[0], command)


def kubectl_command(args):
    run_command(argparse.Namespace(command=["kubectl", *args.command]))


def usage(_):
    options()
    print(f"""
A cluster of {options()['nodes']} nodes runs. Its API server is reached from network namespace {PREFIX}{control_plane.NAMESPACE}:
  test/cluster/cluster kubectl get pods -A -o wide
  test/cluster/cluster run bash       # there, with KUBECONFIG={control_plane.ADMIN}
  test/cluster/cluster sh node1       # on a node
  test/cluster/cluster down           # or: make cluster-down""")


def crash(args):
    options()
    if args.name.startswith("node"):
        node_called(args.name).crash()
    else:
        machine.stop_daemon(args.name)


def start(args):
    options()
    for name in args.name:
        if machine.daemon_pid(name):
            raise Failure(f"{name} runs already")
    for name in args.name or ended():
        start_part(name)


def ended():
    """What of the cluster doesn't run, in the order in which it can start."""
    order = {"etcd": 0, "apiserver": 1, "controller-manager": 2}
    return sorted((name for name in machine.daemons() if not machine.daemon_pid(name)), key=lambda name: order.get(name, 3))


def start_part(name):
    if name.startswith("node"):
        node_called(name).reboot()
        wait_for(f"{name} has a pod range", 60, lambda: pod_ranges().get(name))
        route_pods()
    else:
        machine.restart_daemon(name)
        if name == "apiserver" or (name == "etcd" and machine.daemon_pid("apiserver")):
            control_plane.await_api_server()


def e2e(args):
    report = CACHE / "report"
    report.mkdir(exist_ok=True)
    repositories = ["promoterE2e", "gc", "buildImage", "gcEtcd", "sigStorage", "dockerLibrary", "private", "invalid",
                    "cloudProviderGcp"]
    (STATE / "repositories.yaml").write_text("".join(f"{r}Registry: {REGISTRY}\n" for r in repositories))
    os.chdir(report)
    os.environ.update(KUBE_TEST_REPO_LIST=str(STATE / "repositories.yaml"), KUBERNETES_CONFORMANCE_TEST="y")
    skip = [f"--skip={args.skip}"] if args.skip else []
    command = ["ginkgo", f"--procs={args.procs}", "--no-color", "--silence-skips", "--timeout=3h", f"--focus={args.focus}", *skip,
                    BIN / "e2e.test", "--", f"--kubeconfig={control_plane.ADMIN}", "--provider=skeleton",
                    f"--num-nodes={options()['nodes']}", "--node-os-distro=debian", "--disable-log-dump=true",
                    "--dump-logs-on-failure=false", f"--report-dir={report}"]
    run_command(argparse.Namespace(command=command))


def tell(failure):
    if isinstance(failure, Failure):
        if failure.log and failure.log.exists():
            lines = failure.log.read_text(errors="replace").splitlines()[-30:]
            print(f"the end of {failure.log}:\n  " + "\n  ".join(lines), file=sys.stderr)
        print(f"cluster: {failure}", file=sys.stderr)
    elif not isinstance(failure, (KeyboardInterrupt, SystemExit)):
        traceback.print_exception(failure)


def parse():
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    any_words = {"add_help": False, "prefix_chars": "\0"}  # also such as look like options of ours

    def verb(name, act, **kinds):
        added = verbs.add_parser(name, **kinds)
        added.set_defaults(act=act)
        return added
    added = verb("up", up)
    added.add_argument("--nodes", type=int, default=3)
    added.add_argument("--dual", action="store_true", default=True, help="IPv4 and IPv6, the default")
    added.add_argument("--single", action="store_false", dest="dual", help="IPv4 alone")
    added.add_argument("--proxy", choices=["nftables", "iptables", "none"], default="nftables")
    added.add_argument("--cni", choices=["none", "bridge"], default="none")
    added = verb("install", install)
    added.add_argument("--image", type=pathlib.Path, default=TREE / "build/k-vswitch.oci.tar")
    added.add_argument("--manifest", type=pathlib.Path, default=TREE / "deploy/k-vswitch.yaml")
    added.add_argument("--timeout", type=int, default=90, help="seconds until every node must be Ready")
    verb("dns", dns)
    added = verb("load", load)
    added.add_argument("image")
    added.add_argument("node", nargs="*")
    verb("kill", crash).add_argument("name")
    verb("start", start).add_argument("name", nargs="*")
    added = verb("e2e", e2e)
    added.add_argument("--procs", type=int, default=4)
    added.add_argument("--skip")
    added.add_argument("focus")
    added = verb("netns", netns)
    added.add_argument("node")
    added.add_argument("address")
    verb("usage", usage)
    verb("down", down)
    verb("kubectl", kubectl_command, **any_words).add_argument("command", nargs=argparse.REMAINDER)
    verb("run", run_command, **any_words).add_argument("command", nargs=argparse.REMAINDER)
    added = verb("sh", shell, **any_words)
    added.add_argument("node")
    added.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    args = parse()
    try:
        args.act(args)
    except Failure as failure:
        tell(failure)
        sys.exit(1)


if __name__ == "__main__":
    main()
