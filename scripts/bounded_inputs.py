"""Inputs that take much work, for scripts/bench_bounded.py: each is under 1 MB, and made without other packages.

    bounded_inputs.py FOLDER [SCALE]    writes all of them; SCALE 0.5 makes them half as large
"""

import base64
import os
import sys

FULL = 1.0


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(number):
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(*arcs):
    content = bytes([40 * arcs[0] + arcs[1]])
    for arc in arcs[2:]:
        piece = [arc & 0x7F]
        while arc := arc >> 7:
            piece.append(0x80 | arc & 0x7F)
        content += bytes(reversed(piece))
    return tlv(6, content)


def name(*values):
    """One attribute in each part of the name."""
    return sequence(*(tlv(0x31, attribute(value)) for value in values))


def attribute(value):
    return sequence(oid(2, 5, 4, 3), tlv(0x0C, value.encode()))


ED25519 = sequence(oid(1, 3, 101, 112))
# A public key that everyone knows: the base point of the curve.
POINT = bytes([0x58]) + bytes([0x66]) * 31
SPKI = sequence(ED25519, tlv(3, b"\0" + POINT))
VALIDITY = sequence(tlv(0x17, b"250101000000Z"), tlv(0x17, b"490101000000Z"))


def extension(identifier, value, critical=False):
    return sequence(identifier, *([tlv(1, b"\xff")] if critical else []), tlv(4, value))


def certificate(subject, issuer, extensions=(), serial=1):
    parts = [tlv(0xA0, integer(2)), integer(serial), ED25519, issuer, VALIDITY, subject, SPKI]
    if extensions:
        parts.append(tlv(0xA3, sequence(*extensions)))
    return sequence(sequence(*parts), ED25519, tlv(3, b"\0" + bytes(64)))


CA = extension(oid(2, 5, 29, 19), sequence(tlv(1, b"\xff")), True)


def crl(issuer, serials):
    revoked = sequence(*(sequence(integer(serial), tlv(0x17, b"250101000000Z")) for serial in serials))
    dates = tlv(0x17, b"250101000000Z") + tlv(0x17, b"490101000000Z")
    signed = sequence(integer(1), ED25519, issuer, dates, revoked)
    return sequence(signed, ED25519, tlv(3, b"\0" + bytes(64)))


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----\n"


def alternative_names(names):
    return extension(oid(2, 5, 29, 17), sequence(*(tlv(0x82, host.encode()) for host in names)))


def name_constraints(names):
    subtrees = (sequence(tlv(0x82, host.encode())) for host in names)
    return extension(oid(2, 5, 29, 30), sequence(tlv(0xA0, *subtrees)), True)


def jks(entries):
    """A store of trusted certificates without a digest that fits."""
    content = bytes.fromhex("feedfeed00000002") + len(entries).to_bytes(4, "big")
    for alias, der in entries:
        content += (2).to_bytes(4, "big") + len(alias).to_bytes(2, "big") + alias.encode() + bytes(8)
        content += b"\0\x05X.509" + len(der).to_bytes(4, "big") + der
    return content + bytes(20)


def inputs(scale):
    """The name of each file with its content."""

    def count(number):
        return range(int(number * scale))

    plain = name("x")
    ca = name("ca")
    yield "extensions.der", certificate(plain, ca, [extension(oid(1, 3, 6, number), b"\5\0") for number in count(60_000)])
    yield "extensions-1000.pem", "".join(
        pem("CERTIFICATE", certificate(plain, ca, [extension(oid(1, 3, 6, number), b"\5\0") for number in range(1000)]))
        for _ in count(55)
    )
    yield "usages.der", certificate(plain, ca, [extension(oid(2, 5, 29, 37), sequence(oid(1, 2, 3) * len(count(240_000))))])
    yield "begins.pem", "-----BEGIN A-----\n" * len(count(55_000))
    yield "begins-one-line.pem", "-----BEGIN " * len(count(90_000))
    yield "begins-9999.pem", "-----BEGIN A-----\n" * min(9_999, len(count(9_999)))
    yield "empty-blocks.pem", "-----BEGIN A-----\n-----END A-----\n" * len(count(17_000))
    yield "empty-certificates.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * len(count(9_900))
    yield "headers.pem", "-----BEGIN A-----\n" + "a:\n" * len(count(320_000)) + "\n-----END A-----\n"
    yield "label.pem", "-----BEGIN " + "A" * len(count(490_000)) + "-----\n"
    yield "public-keys.pem", pem("PUBLIC KEY", SPKI) * len(count(8_000))
    yield "same-name.pem", "".join(pem("CERTIFICATE", certificate(ca, plain, [CA], n + 2)) for n in count(2_400))
    yield "own-name.pem", "".join(pem("CERTIFICATE", certificate(ca, ca, [CA], n + 2)) for n in count(2_400))
    yield "row.pem", "".join(pem("CERTIFICATE", certificate(name(f"c{n}"), name(f"c{n + 1}"), [CA], n + 2)) for n in count(2_400))
    yield "long-name.pem", pem("CERTIFICATE", certificate(name("y" * len(count(300_000))), ca)) + pem("CERTIFICATE", certificate(plain, plain)) * len(count(1_600))
    yield "parts-of-name.der", certificate(name(*("v" for _ in count(60_000))), ca)
    yield "part-of-name.der", certificate(sequence(tlv(0x31, *(attribute(f"{n:06}") for n in count(55_000)))), ca)
    hosts = [f"h{n:06}.test" for n in count(6_000)]
    # Nothing here can sign, so the constraints are read, not applied; tests/work.rs applies them.
    yield "constraints.pem", pem("CERTIFICATE", certificate(plain, ca, [alternative_names(hosts)])) + pem("CERTIFICATE", certificate(ca, ca, [CA, name_constraints(hosts)]))
    yield "alternative-names.der", certificate(plain, ca, [alternative_names(f"{n:x}" for n in count(130_000))])
    yield "crl.pem", pem("X509 CRL", crl(ca, (2**15 + n for n in count(34_000))))
    yield "crl.der", crl(ca, (n % 100 for n in count(49_000)))
    yield "lists.pem", pem("CERTIFICATE", certificate(ca, ca, [CA])) + "".join(pem("X509 CRL", crl(ca, [n])) for n in count(1_800)) + "".join(pem("CERTIFICATE", certificate(name(f"{n}"), ca)) for n in count(1_000))
    yield "store.jks", jks([(f"alias{n}", certificate(plain, ca, (), n + 2)) for n in range(int(1_999 * min(scale, 1)))])
    yield "aliases.jks", jks([("a" * 200 + f"{n}", certificate(plain, ca, (), n + 2)) for n in range(int(1_999 * min(scale, 1)))])
    yield "leaves.toml", "[authority.root]\n" + "".join(f"[leaf.l{n}]\nhosts=['a']\n" for n in count(35_000))
    yield "leaves-outlive.toml", "[authority.root]\n" + "".join(f"[leaf.l{n}]\nhosts=['a']\n" for n in count(34_000)) + "[leaf.last]\nhosts=['a']\ndays=1000\n"
    yield "row.toml", "".join(f"[authority.a{n}]\nissuer='a{n + 1}'\n" for n in count(20_000)) + f"[authority.a{len(count(20_000))}]\n"
    yield "row-9999.toml", "".join(f"[authority.a{n}]\nissuer='a{n + 1}'\n" for n in range(9_998)) + "[authority.a9998]\n"
    yield "circle.toml", "".join(f"[authority.a{n}]\nissuer='a{(n + 1) % 9000}'\n" for n in range(9_000))
    yield "wide.toml", "[authority.root]\n" + "".join(f"[authority.a{n}]\nissuer='root'\n" for n in range(9_000)) + "".join(f"[leaf.l{n}]\nissuer='a{n % 9000}'\nhosts=['h{n}']\n" for n in count(11_000)) + "[leaf.last]\nissuer='root'\nhosts=['a']\ndays=1000\n"
    yield "hosts.toml", "[authority.root]\n[leaf.l]\nhosts=[" + ",".join(f"'h{n}'" for n in count(90_000)) + "]\ndays=1000\n"
    deep = ".".join("a" * 120)
    yield "deep-hosts.toml", "[authority.root]\n[leaf.l]\nhosts=[" + ",".join(f"'{deep}.h{n}'" for n in count(3_900)) + "]\n"
    yield "counts.toml", "[authority.root]\n" + "".join(f"[leaf.l{n}]\nhosts=['a']\ncount=1000000\n" for n in count(20_000))
    yield "keys.toml", "".join(f"k{n}=1\n" for n in count(80_000))
    yield "nested.toml", "a=" + "[" * len(count(400_000))
    yield "subject.txt", "+".join(["CN=v0"] + [f"CN=v{n}" for n in range(1, int(12_000 * scale))])
    yield "pluses.txt", "CN=" + "+" * len(count(120_000))
    yield "spaces.txt", "CN=" + "+ " * len(count(60_000))


def write(folder, scale=FULL):
    os.makedirs(folder, exist_ok=True)
    for file, content in inputs(scale):
        content = content.encode() if isinstance(content, str) else content
        with open(os.path.join(folder, file), "wb") as out:
            out.write(content)
    many = os.path.join(folder, "foreign")
    os.makedirs(many, exist_ok=True)
    for number in range(int(10_000 * scale)):
        with open(os.path.join(many, f"notes-{number}.txt"), "w") as out:
            out.write("no key\n")


if __name__ == "__main__":
    write(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else FULL)
