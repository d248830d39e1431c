"""Certificates and kubeconfigs of the cluster, made by openssl(1)."""
import base64
import json

from machine import STATE, run

FOLDER = STATE / "pki"
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def request(name, subject, extensions, ca):
    signer = [] if name == ca else ["-CA", FOLDER / f"{ca}.crt", "-CAkey", FOLDER / f"{ca}.key"]
    run(["openssl", "req", "-x509", "-config", FOLDER / "openssl.cnf", "-days", "3650", *NEW_KEY, *signer,
         "-keyout", FOLDER / f"{name}.key", "-out", FOLDER / f"{name}.crt", "-subj", subject,
         *(word for extension in extensions for word in ("-addext", extension))])


def make_authority():
    """The certificate authority and the key that signs service account tokens."""
    FOLDER.mkdir(parents=True)
    (FOLDER / "openssl.cnf").write_text("[req]\ndistinguished_name = subject\n[subject]\n")
    request("ca", "/CN=k-vswitch-cluster", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"], "ca")
    run(["openssl", "ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", FOLDER / "sa.key"])
    run(["openssl", "ec", "-in", FOLDER / "sa.key", "-pubout", "-out", FOLDER / "sa.pub"])


def make_server_certificate(name, names):
    request(name, f"/CN={name}", ["extendedKeyUsage=serverAuth", "subjectAltName=" + ",".join(names)], "ca")


def make_client(name, subject, server):
    """A client certificate of `subject`, and NAME.conf, the kubeconfig that uses it."""
    request(name, subject, ["extendedKeyUsage=clientAuth"], "ca")

    def data(file):
        return base64.b64encode((FOLDER / file).read_bytes()).decode()
    (FOLDER / f"{name}.conf").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "cluster",
        "clusters": [{"name": "cluster", "cluster": {"server": server, "certificate-authority-data": data("ca.crt")}}],
        "users": [{"name": name, "user": {"client-certificate-data": data(f"{name}.crt"),
                                          "client-key-data": data(f"{name}.key")}}],
        "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": name}}]}, indent=1))
