//! Who is asked about a case, and what the answer can be.

/// Who is asked.
pub struct Verifier {
    /// Its name in the manifest.
    pub name: &'static str,
    /// How it is asked.
    pub how: &'static str,
}

/// What a verifier makes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Accept,
    /// It refuses it, and says one of these: versions differ.
    Reject(&'static [&'static str]),
    /// Some versions take it and others refuse it; which, and what those say that do.
    ByVersion(&'static str, &'static [&'static str]),
    /// It is never asked such a thing.
    NotApplicable,
}

/// What the verifiers but the last make of a case: what ours does is what the case has it say.
pub(super) type Others = [Verdict; VERIFIERS.len() - 1];

/// The verifiers, ours last.
pub const VERIFIERS: [Verifier; 8] = [
    Verifier {
        name: "openssl",
        how: "openssl verify -x509_strict -purpose sslserver -auth_level 2 -verify_hostname HOST -CAfile ca.crt -untrusted server.fullchain.crt [-crl_check -CRLfile ca.crl] server.crt; then openssl pkcs12 -export with the key",
    },
    Verifier {
        name: "rustls",
        how: "WebPkiServerVerifier of rustls 0.23 with the revocation list; of the key a signature, by graviola",
    },
    Verifier { name: "go", how: "crypto/x509, Certificate.Verify with DNSName, and tls.X509KeyPair" },
    Verifier {
        name: "java",
        how: "the X509ExtendedTrustManager of SunJSSE for HTTPS, with the revocation list; keystores: KeyStore.getKey",
    },
    Verifier { name: "node", how: "tls.connect with ca, crl and servername" },
    Verifier { name: "python", how: "ssl.create_default_context without VERIFY_X509_STRICT; keystores: pyjks" },
    Verifier { name: "keytool", how: "keytool -certreq with the password of the keystore" },
    Verifier { name: "certwright", how: "certwright verify --strict --ca ca.crt --host HOST FOLDER" },
];
