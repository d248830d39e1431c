"""etcd, kube-apiserver, controller manager and scheduler, in a network namespace that is also the underlay's switch and router."""
import json
import subprocess

import pki
from machine import BIN, PREFIX, STATE, Failure, daemon_pid, in_namespace, ip, log_of, run, start_daemon, wait_for

NAMESPACE = "cp"
IP4, IP6 = "10.200.0.1", "fd00:200::1"
SERVER = f"https://{IP4}:6443"
PODS4, PODS6 = "10.244.0.0/16", "fd00:10:244::/56"
SERVICES4, SERVICES6 = "10.96.0.0/16", "fd00:96::/112"
DNS = "10.96.0.10"
ADMIN = pki.FOLDER / "admin.conf"


def make_wires():
    run(["ip", "netns", "add", PREFIX + NAMESPACE])
    ip(NAMESPACE, "link set lo up", "link add br0 type bridge", f"addr add {IP4}/24 dev br0",
       f"addr add {IP6}/64 dev br0 nodad", "link set br0 up")
    # Open vSwitch in userspace, on the nodes' side, would see the checksums that were left to a NIC.
    run(in_namespace(NAMESPACE, ["ethtool", "-K", "br0", "tx", "off"]))
    run(in_namespace(NAMESPACE, ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                                 "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.br0.send_redirects=0"]))


def make_certificates():
    pki.make_authority()
    pki.make_server_certificate("apiserver", [
        *(f"DNS:{name}" for name in ("kubernetes", "kubernetes.default", "kubernetes.default.svc",
                                     "kubernetes.default.svc.cluster.local", "localhost")),
        *(f"IP:{address}" for address in ("10.96.0.1", IP4, IP6, "127.0.0.1"))])
    for name, subject in {"admin": "/O=system:masters/CN=admin", "front-proxy": "/CN=front-proxy-client",
                          "controller-manager": "/CN=system:kube-controller-manager",
                          "scheduler": "/CN=system:kube-scheduler", "kube-proxy": "/CN=system:kube-proxy"}.items():
        pki.make_client(name, subject, SERVER)


def start(dual):
    services = f"{SERVICES4},{SERVICES6}" if dual else SERVICES4
    keys = pki.FOLDER

    def daemon(name, program, *flags):
        start_daemon(name, in_namespace(NAMESPACE, [BIN / program, *flags]))

    daemon("etcd", "etcd", "--data-dir", STATE / "etcd", "--unsafe-no-fsync", "--log-level=warn",
           "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
           "--listen-peer-urls=http://127.0.0.1:2380")
    daemon("apiserver", "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--secure-port=6443",
           f"--advertise-address={IP4}", f"--service-cluster-ip-range={services}", "--allow-privileged=true",
           "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
           f"--tls-cert-file={keys}/apiserver.crt", f"--tls-private-key-file={keys}/apiserver.key",
           f"--client-ca-file={keys}/ca.crt",
           f"--kubelet-client-certificate={keys}/admin.crt", f"--kubelet-client-key={keys}/admin.key",
           "--kubelet-preferred-address-types=InternalIP",  # there is no DNS that knows the nodes' names
           f"--service-account-key-file={keys}/sa.pub", f"--service-account-signing-key-file={keys}/sa.key",
           "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
           f"--requestheader-client-ca-file={keys}/ca.crt", "--requestheader-allowed-names=front-proxy-client",
           "--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group",
           "--requestheader-username-headers=X-Remote-User",
           f"--proxy-client-cert-file={keys}/front-proxy.crt", f"--proxy-client-key-file={keys}/front-proxy.key")
    await_api_server()
    pods = [f"--cluster-cidr={PODS4},{PODS6}", "--node-cidr-mask-size-ipv4=24", "--node-cidr-mask-size-ipv6=64"] if dual \
        else [f"--cluster-cidr={PODS4}"]
    daemon("controller-manager", "kube-controller-manager", f"--kubeconfig={keys}/controller-manager.conf",
           f"--service-account-private-key-file={keys}/sa.key", f"--root-ca-file={keys}/ca.crt",
           f"--cluster-signing-cert-file={keys}/ca.crt", f"--cluster-signing-key-file={keys}/ca.key",
           "--use-service-account-credentials", "--leader-elect=false", "--allocate-node-cidrs=true",
           f"--service-cluster-ip-range={services}", *pods)
    daemon("scheduler", "kube-scheduler", f"--kubeconfig={keys}/scheduler.conf", "--leader-elect=false")


def await_api_server():
    def ready():
        for name in ("etcd", "apiserver"):
            if not daemon_pid(name):
                raise Failure(f"{name} ended", log_of(name))
        return try_kubectl("get", "--raw", "/readyz").returncode == 0
    wait_for("kube-apiserver answers", 120, ready, log_of("apiserver"))


def kubectl_command(*args):
    return in_namespace(NAMESPACE, [BIN / "kubectl", f"--kubeconfig={ADMIN}", *args])


def try_kubectl(*args):
    return subprocess.run(kubectl_command(*args), check=False, text=True, capture_output=True)


def kubectl(*args, stdin=None):
    """What kubectl printed, run as the cluster's administrator."""
    return run(kubectl_command(*args), stdin)


def nodes():
    """Every Node object, by name."""
    return {node["metadata"]["name"]: node for node in json.loads(kubectl("get", "nodes", "-o", "json"))["items"]}
