#!/usr/bin/env python3
"""What the program is made of, as CycloneDX 1.6: `sbom.py TRIPLE`, with SOURCE_DATE_EPOCH.

Ours because `cargo metadata`, from which cargo-cyclonedx and cargo-sbom take it, counts what Cargo.lock mentions and no
feature brings in (ring and cc here): `cargo tree` tells what is really built. The judge is the schema of
cyclonedx-python-lib: `pip install 'cyclonedx-python-lib[json-validation]'`.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid


def main():
    triple = sys.argv[1]
    # What ends in the program, and what is built and run on the way: no tests, no benches.
    linked, built = tree(triple, "normal,no-proc-macro"), tree(triple, "normal,build")
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", triple))
    packages = {package["id"]: package for package in metadata["packages"] if named(package) in built}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]

    hashes = checksums(os.path.join(metadata["workspace_root"], "Cargo.lock"))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": moment(int(os.environ["SOURCE_DATE_EPOCH"])),
            "component": component(packages[root], hashes, kind="application"),
        },
        "components": [
            component(package, hashes, scope="required" if named(package) in linked else "excluded")
            for package in sorted(packages.values(), key=purl)
            if package["id"] != root
        ],
        "dependencies": [
            {
                "ref": purl(package),
                "dependsOn": sorted({purl(packages[id]) for id in needs(nodes[package["id"]]) if id in packages}),
            }
            for package in sorted(packages.values(), key=purl)
        ],
    }
    # A number of its own (RFC 4122, by name), the same for the same content.
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, content))
    json.dump(document, sys.stdout, indent=2)
    print()


def cargo(command, *options):
    return subprocess.run(["cargo", command, "--locked", *options], check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(triple, kinds):
    """Names and versions, as in `rand_core v0.10.0 (proc-macro)`."""
    lines = cargo("tree", "--target", triple, "--edges", kinds, "--prefix", "none", "--format", "{p}").splitlines()
    return {tuple(line.split()[:2]) for line in lines if line}


def named(package):
    return package["name"], "v" + package["version"]


def needs(node):
    return [dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}".replace("+", "%2B")


def component(package, hashes, kind="library", scope=None):
    told = {
        "type": kind,
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "description": " ".join((package["description"] or "").split()),
        "scope": scope,
        "hashes": [{"alg": "SHA-256", "content": hash} for hash in hashes.get((package["name"], package["version"]), [])],
        # A slash is how older manifests say OR.
        "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}] if package["license"] else [],
        "purl": purl(package),
    }
    return {name: value for name, value in told.items() if value}


def checksums(path):
    """SHA-256 of each .crate, as Cargo.lock has it; what lies in the workspace has none."""
    with open(path, encoding="utf-8") as file:
        entries = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource = .*\nchecksum = "(.+)"', file.read())
    return {(name, version): [checksum] for name, version, checksum in entries}


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


main()
