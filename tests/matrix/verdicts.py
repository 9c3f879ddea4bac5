"""What Python makes of each case: of the certificates its ssl, both sides in memory, of the keystores pyjks.

python verdicts.py FOLDER < "NAME HOST" lines; prints NAME, accept or reject, and the reason, between tabs.
"""

import os
import ssl
import sys

import jks

PASSWORD = "changeit"


def handshake(folder, case, host):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The server serves whatever it is given; the client is the judge.
    server.set_ciphers("DEFAULT:@SECLEVEL=0")
    chain = os.path.join(case, "server.fullchain.crt")
    server.load_cert_chain(chain, os.path.join(case, "server.key"))
    client = ssl.create_default_context(cafile=os.path.join(folder, "ca.crt"))
    # Python 3.13 sets it, earlier ones do not.
    client.verify_flags &= ~ssl.VERIFY_X509_STRICT
    crl = os.path.join(case, "ca.crl")
    if os.path.exists(crl):
        client.load_verify_locations(crl)
        client.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(sides)
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return
    raise RuntimeError("the handshake does not end")


def keystore(path):
    store = jks.KeyStore.load(path, PASSWORD)
    for entry in store.private_keys.values():
        if not entry.is_decrypted():
            entry.decrypt(PASSWORD)


def main(folder):
    for line in sys.stdin:
        name, host = line.split()
        case = os.path.join(folder, name)
        store = os.path.join(case, "server.jks")
        try:
            if os.path.exists(store):
                keystore(store)
            else:
                handshake(folder, case, host)
            verdict, reason = "accept", ""
        except ssl.SSLCertVerificationError as error:
            verdict, reason = "reject", f"{error.verify_code} {error.verify_message}"
        except Exception as error:
            verdict, reason = "reject", f"{type(error).__name__}: {error}"
        print(name, verdict, " ".join(reason.split()), sep="\t")


main(sys.argv[1])
