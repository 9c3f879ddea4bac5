"""Assertions by PyJWT: verify TOKEN CERTIFICATE, sign KEY CLIENT_ID."""

import sys
import time

import jwt
from cryptography import x509

AUDIENCE = "https://login.salesforce.com"


def verify(token, certificate):
    key = x509.load_pem_x509_certificate(open(certificate, "rb").read()).public_key()
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, options={"require": ["exp", "iss", "sub"]})
    assert 0 < claims["exp"] - time.time() <= 180
    print(claims["iss"], claims["sub"], str("jti" in claims).lower())


def sign(key, client_id):
    claims = {"iss": client_id, "sub": "ADMIN-3dvj@force.com", "aud": AUDIENCE, "exp": int(time.time()) + 180}
    sys.stdout.write(jwt.encode(claims, open(key).read(), algorithm="RS256"))


{"verify": verify, "sign": sign}[sys.argv[1]](*sys.argv[2:])
