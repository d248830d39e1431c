"""A node: what lies in its folders before it boots, its wires, its boot and its crash."""
import json
import os
import pathlib
import shutil
import subprocess
import textwrap

import control_plane
import pki
from machine import (BIN, HERE, PREFIX, STATE, Failure, born, daemon_pid, ip, log_of, make_cgroup, namespaces,
                     remove_cgroups, remove_namespace, run, start_daemon, stop_daemon, wait_for)

REGISTRY = "kvs.test/e2e"  # the name our hand-made images carry; nothing is ever pulled from it
TOPS = ["etc", "opt", "usr", "var"]  # folders of the machine that a node sees, and changes in a layer of its own
# Folders a node starts without, whatever the machine has in them.
EMPTY = ["etc/cni", "etc/containerd", "etc/kubernetes", "etc/openvswitch", "opt/cni", "usr/libexec/kubernetes", "var/lib/cni",
         "var/lib/k-vswitch", "var/lib/openvswitch", "var/log"]
# Folders a node has from the start.
PRESENT = ["etc/cni/net.d", "opt/cni/bin", "usr/lib/modules", "var/log/openvswitch", "var/lib/containerd",
           "var/lib/kubelet", "etc/kubernetes/pki"]


class Node:
    def __init__(self, index):
        self.index = index
        self.name = f"node{index}"
        self.ip4, self.ip6 = f"10.200.0.{10 + index}", f"fd00:200::{10 + index}"
        self.folder = STATE / self.name

    def log(self, service):
        return self.folder / f"upper/var/log/{service}.log"

    # --- before the first boot ---------------------------------------------------------------------------------------
    def make(self, dual):
        """Writes the node's files where kubeadm and Debian's packages have them."""
        pki.make_client(self.name, f"/O=system:nodes/CN=system:node:{self.name}", control_plane.SERVER)
        for top in TOPS:
            (self.folder / "upper" / top).mkdir(parents=True)
            (self.folder / "work" / top).mkdir(parents=True)
        for path in EMPTY:
            folder = self.folder / "upper" / path
            folder.mkdir(parents=True, exist_ok=True)
            os.setxattr(folder, "trusted.overlay.opaque", b"y")
        for path in PRESENT:
            (self.folder / "upper" / path).mkdir(parents=True, exist_ok=True)
        for data in ("containerd", "kubelet"):  # these need a real file system below
            (self.folder / data).mkdir()
        self.write("etc/hostname", self.name + "\n")
        self.write("etc/hosts", f"127.0.0.1 localhost\n{self.ip4} {self.name}\n")
        self.write("etc/machine-id", f"{self.index:032x}\n")
        self.write("etc/resolv.conf", f"nameserver {control_plane.IP4}\n")
        self.write("etc/containerd/config.toml", CONTAINERD)
        self.write("etc/kubernetes/kubelet.conf", (pki.FOLDER / f"{self.name}.conf").read_text())
        self.write("etc/kubernetes/pki/ca.crt", (pki.FOLDER / "ca.crt").read_text())
        (self.folder / "kubelet/config.yaml").write_text(KUBELET.format(name=self.name, dns=control_plane.DNS))
        self.environment = {
            "NODE": self.name, "FOLDER": str(self.folder), "BIN": str(BIN), "IP4": self.ip4, "IP6": self.ip6,
            "NODE_IPS": f"{self.ip4},{self.ip6}" if dual else self.ip4,
            "ROUTER4": control_plane.IP4, "ROUTER6": control_plane.IP6}

    def write(self, path, text):
        file = self.folder / "upper" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def add_proxy(self, mode):
        """kube-proxy beside the kubelet, as a program of the node. `mode`: nftables or iptables."""
        self.write("etc/kubernetes/kube-proxy.yaml", PROXY.format(mode=mode, pods=control_plane.PODS4))
        self.write("etc/kubernetes/kube-proxy.conf", (pki.FOLDER / "kube-proxy.conf").read_text())

    def add_bridge_plugin(self):
        for plugin in pathlib.Path("/usr/lib/cni").iterdir():
            shutil.copy(plugin, self.folder / "upper/opt/cni/bin")

    # --- boot and crash ----------------------------------------------------------------------------------------------
    def boot(self):
        """Starts the node as a machine starts: with its files, and with an empty network."""
        self.wire()
        make_cgroup(self.name)
        start_daemon(self.name, self.boot_command(), self.environment)

    def boot_command(self):
        return ["nsenter", f"--net=/run/netns/{PREFIX}{self.name}", "unshare", "--mount", "--uts", "--ipc", "--pid",
                "--fork", "--kill-child", HERE / "node-init"]

    def reboot(self):
        self.environment = json.loads((STATE / f"run/{self.name}.json").read_text())["env"]
        self.boot()

    def crash(self):
        init = self.init_pid()
        stop_daemon(self.name)
        wait_for(f"the end of all processes of {self.name}", 20, lambda: not born(init))
        remove_cgroups(self.name)  # else kubelet asks containerd about each of the old containers, for seconds

    def wire(self):
        if PREFIX + self.name in namespaces():
            ip(control_plane.NAMESPACE, f"link del {self.name}")
            remove_namespace(PREFIX + self.name)
        run(["ip", "netns", "add", PREFIX + self.name])
        ip(control_plane.NAMESPACE, f"link add {self.name} type veth peer name eth0 address 02:00:0a:c8:00:{self.index:02x} netns {PREFIX}{self.name}",
           f"link set {self.name} master br0 up")

    # --- a running node ----------------------------------------------------------------------------------------------
    def init_pid(self):
        """Process 1 of the node, as this machine numbers it: the child of unshare(1)."""
        outer = daemon_pid(self.name)
        if not outer:
            raise Failure(f"{self.name} does not run", log_of(self.name))
        return int(run(["pgrep", "-P", outer]).split()[0])

    def command(self, *argv):
        return ["nsenter", "-t", str(self.init_pid()), "--mount", "--uts", "--ipc", "--net", "--pid", "--wd=/",
                "env", f"PATH={BIN}:{os.environ['PATH']}", *map(str, argv)]

    def load(self, archive):
        """Imports an image archive into the node's containerd."""
        with open(archive, "rb") as file:
            done = subprocess.run(self.command("ctr", "-n", "k8s.io", "images", "import", "--local", "-"), stdin=file,
                                  check=False, text=True, capture_output=True)
        if done.returncode:
            raise Failure(f"{self.name} does not take image {archive}: {done.stderr.strip()}", log_of(self.name))

    def write_bridge_configuration(self, ranges):
        configuration = {"cniVersion": "1.0.0", "name": "bridge", "plugins": [
            {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True,
             "ipam": {"type": "host-local", "ranges": [[{"subnet": r}] for r in ranges],
                      "routes": [{"dst": "::/0" if ":" in r else "0.0.0.0/0"} for r in ranges]}},
            {"type": "portmap", "capabilities": {"portMappings": True}}]}
        folder = pathlib.Path(f"/proc/{self.init_pid()}/root/etc/cni/net.d")
        (folder / "new").write_text(json.dumps(configuration, indent=1))
        (folder / "new").rename(folder / "10-bridge.conflist")


CONTAINERD = textwrap.dedent(f"""\
    version = 3
    disabled_plugins = ["io.containerd.nri.v1.nri"]
    [plugins.'io.containerd.cri.v1.runtime']
      restrict_oom_score_adj = true  # lowering it needs CAP_SYS_RESOURCE
      [plugins.'io.containerd.cri.v1.runtime'.cni]
        bin_dirs = ["/opt/cni/bin"]
        conf_dir = "/etc/cni/net.d"
        use_internal_loopback = true
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
          SystemdCgroup = false
    [plugins.'io.containerd.cri.v1.images'.pinned_images]
      sandbox = "{REGISTRY}/pause:3.10.2"
    """)

KUBELET = textwrap.dedent("""\
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
    authentication: {{anonymous: {{enabled: false}}, webhook: {{enabled: true}}, x509: {{clientCAFile: /etc/kubernetes/pki/ca.crt}}}}
    authorization: {{mode: Webhook}}
    clusterDNS: [{dns}]
    clusterDomain: cluster.local
    resolvConf: /etc/resolv.conf
    failCgroupV1: false
    cgroupDriver: cgroupfs
    cgroupRoot: /kvsc-{name}
    enforceNodeAllocatable: []
    oomScoreAdj: 0
    failSwapOn: false
    serializeImagePulls: false
    imageGCHighThresholdPercent: 100
    imagePullCredentialsVerificationPolicy: NeverVerify
    evictionHard: {{nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", memory.available: "100Mi"}}
    """)

PROXY = textwrap.dedent("""\
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: {mode}
    clientConnection: {{kubeconfig: /etc/kubernetes/kube-proxy.conf}}
    clusterCIDR: {pods}
    conntrack: {{maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
    """)
