"""The machine under the cluster: folders, commands, daemons that outlive this program, network namespaces, cgroups."""
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
CACHE = pathlib.Path(os.environ.get("KVS_CLUSTER_CACHE") or pathlib.Path.home() / ".cache/k-vswitch-cluster")
BIN = CACHE / "bin"
IMAGES = CACHE / "images"
STATE = CACHE / "state"  # all of one running cluster; there is no cluster where this folder is missing
PREFIX = "kvsc-"  # of every network namespace and cgroup; not "kvs-", for `kvs lab` takes those for its own
CGROUPS = pathlib.Path("/sys/fs/cgroup")
# What a kubelet changes for the whole machine (its protectKernelDefaults is off), to be put back at the end.
SYSCTLS = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
           "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"]


class Failure(Exception):
    """One sentence for people; `log` is a file whose end says more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


def lock():
    """Held until this program ends by whoever starts or stops a cluster: its names are the machine's, so there is one at most."""
    global held
    held = open("/run/k-vswitch-cluster.lock", "w")  # noqa: SIM115 - closed when this program ends
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure("another `cluster up` or `cluster down` is at work on this machine") from None


def run(argv, stdin=None):
    """Runs a command to its end and returns what it printed; its error output is the failure's text."""
    done = subprocess.run([str(a) for a in argv], input=stdin, check=False, text=True, capture_output=True)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, argv))} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def wait_for(what, seconds, test, log=None):
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            raise Failure(f"{what}: not so after {seconds} s", log)
        time.sleep(0.1)


# --- network namespaces -----------------------------------------------------------------------------------------------
def in_namespace(name, argv):
    return ["nsenter", f"--net=/run/netns/{PREFIX}{name}", *map(str, argv)]


def ip(name, *lines):
    """Runs lines of ip(8) in a namespace of the cluster."""
    run(["ip", "-n", PREFIX + name, "-batch", "-"], stdin="\n".join(lines) + "\n")


def namespaces():
    return [line.split()[0] for line in run(["ip", "netns", "list"]).splitlines() if line.startswith(PREFIX)]


def remove_namespace(name):
    end = time.monotonic() + 60
    while pids := run(["ip", "netns", "pids", name]).split():
        if time.monotonic() > end:
            raise Failure(f"processes {' '.join(pids)} don't leave namespace {name}")
        for pid in pids:
            kill(int(pid))
        time.sleep(0.05)
    run(["ip", "netns", "del", name])


# --- daemons ----------------------------------------------------------------------------------------------------------
def log_of(name):
    return STATE / f"log/{name}.log"


def record_of(name):
    return STATE / f"run/{name}.json"


def born(pid):
    """When a process started, in ticks: with its id this names it for good. None if it is gone or only waits to be reaped."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if stat[0] == "Z" else stat[19]


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def start_daemon(name, argv, env=None):
    """Starts a daemon that outlives this program; what is needed to stop it, and to start it again, is noted."""
    for folder in (log_of(name).parent, record_of(name).parent):
        folder.mkdir(parents=True, exist_ok=True)
    argv = [str(a) for a in argv]
    with open(log_of(name), "ab") as log:
        process = subprocess.Popen(argv, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, start_new_session=True)
    record = {"pid": process.pid, "born": born(process.pid), "argv": argv, "env": env}
    record_of(name).write_text(json.dumps(record))


def restart_daemon(name):
    record = json.loads(record_of(name).read_text())
    start_daemon(name, record["argv"], record["env"])


def daemon_pid(name):
    """The process of a daemon, or None if it has none."""
    try:
        record = json.loads(record_of(name).read_text())
    except FileNotFoundError:
        raise Failure(f"{name} is no part of this cluster; its parts are {', '.join(daemons())}") from None
    return record["pid"] if born(record["pid"]) == record["born"] else None


def daemons():
    return sorted(path.stem for path in (STATE / "run").glob("*.json"))


def stop_daemon(name):
    pid = daemon_pid(name)
    if not pid:
        return
    kill(pid)
    wait_for(f"the end of {name}", 60, lambda: not daemon_pid(name))


# --- cgroups: of version 2, or one tree per controller (version 1) ----------------------------------------------------
def hierarchies():
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in CGROUPS.iterdir() if (path / "cgroup.procs").exists()]


def make_cgroup(name):
    for top in hierarchies():
        group = top / (PREFIX + name)
        group.mkdir(exist_ok=True)
        if top.name == "cpuset":
            for file in ("cpuset.cpus", "cpuset.mems"):
                (group / file).write_text((top / file).read_text())
        if top == CGROUPS:
            for controller in (top / "cgroup.controllers").read_text().split():
                (top / "cgroup.subtree_control").write_text(f"+{controller}")


def remove_cgroups(name="*"):
    def remove():
        left = False
        for top in hierarchies():
            for group in top.glob(PREFIX + name):
                for folder, _, _ in os.walk(group, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:  # its last process is still ending
                        left = True
        return not left
    wait_for(f"no process in cgroups {PREFIX}{name}", 20, remove)


# --- the machine's own settings ---------------------------------------------------------------------------------------
def note_sysctls():
    files = {name: pathlib.Path("/proc/sys", name) for name in SYSCTLS}
    values = {name: file.read_text() for name, file in files.items() if file.exists()}
    (STATE / "sysctls.json").write_text(json.dumps(values))


def restore_sysctls():
    noted = STATE / "sysctls.json"
    for name, value in (json.loads(noted.read_text()) if noted.exists() else {}).items():
        pathlib.Path("/proc/sys", name).write_text(value)
