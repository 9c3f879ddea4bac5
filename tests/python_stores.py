"""Keystores by `cryptography` and pyjks.

read FILE PASSWORD: what they read of it, as lines that a test compares (kind, alias, chain length, modulus).
write KEY CERTIFICATE PASSWORD: python.p12 and python.jks of these, with the alias python.
"""

import sys

import jks
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key, pkcs12


def read(path, password):
    data = open(path, "rb").read()
    if data[:4] == b"\xfe\xed\xfe\xed":
        store = jks.KeyStore.loads(data, password)
        for alias, entry in store.private_keys.items():
            key = load_der_private_key(entry.pkey_pkcs8, None)
            print("jks", alias, len(entry.cert_chain), f"{key.private_numbers().public_numbers.n:X}")
    else:
        store = pkcs12.load_pkcs12(data, password.encode())
        modulus = store.key.private_numbers().public_numbers.n
        assert store.cert.certificate.public_key().public_numbers().n == modulus
        print("p12", store.cert.friendly_name.decode(), 1 + len(store.additional_certs), f"{modulus:X}")


def write(key_path, certificate_path, password):
    key = load_pem_private_key(open(key_path, "rb").read(), None)
    certificate = x509.load_pem_x509_certificate(open(certificate_path, "rb").read())
    encryption = serialization.BestAvailableEncryption(password.encode())
    with open("python.p12", "wb") as out:
        out.write(pkcs12.serialize_key_and_certificates(b"python", key, certificate, None, encryption))
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = [certificate.public_bytes(serialization.Encoding.DER)]
    entry = jks.PrivateKeyEntry.new("python", chain, der, "pkcs8")
    jks.KeyStore.new("jks", [entry]).save("python.jks", password)


{"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
