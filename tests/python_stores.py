"""What `cryptography` and pyjks read of a keystore, as lines that a test compares: kind, alias, chain length, modulus."""

import sys

import jks
from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs12

path, password = sys.argv[1:]
data = open(path, "rb").read()
if data[:4] == b"\xfe\xed\xfe\xed":
    store = jks.KeyStore.loads(data, password)
    for alias, entry in store.private_keys.items():
        key = load_der_private_key(entry.pkey_pkcs8, None)
        print("jks", alias, len(entry.cert_chain), f"{key.private_numbers().public_numbers.n:X}")
    for alias in store.certs:
        print("jks-certificate", alias)
else:
    store = pkcs12.load_pkcs12(data, password.encode())
    modulus = store.key.private_numbers().public_numbers.n
    assert store.cert.certificate.public_key().public_numbers().n == modulus
    print("p12", store.cert.friendly_name.decode(), 1 + len(store.additional_certs), f"{modulus:X}")
