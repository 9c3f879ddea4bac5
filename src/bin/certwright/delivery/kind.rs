//! The kinds of files that are made.

use certwright::output::Visibility;

/// What a file is, as its bytes are checked and as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    PrivateKey,
    EncryptedPrivateKey,
    PublicKey,
    CertRequest,
    Certificate,
    Pkcs12,
    Jks,
    /// Certificates that are trusted, as a JKS; there is no secret in it.
    Truststore,
    Crl,
    /// What tells of other files.
    Manifest,
    /// Something that is wrong on purpose, and may be no object at all.
    Broken,
    Password,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::EncryptedPrivateKey => "encrypted-private-key",
            Self::PublicKey => "public-key",
            Self::CertRequest => "csr",
            Self::Certificate => "certificate",
            Self::Pkcs12 => "pkcs12",
            Self::Jks | Self::Truststore => "jks",
            Self::Crl => "crl",
            Self::Manifest => "manifest",
            Self::Broken => "broken",
            Self::Password => "password",
        }
    }

    pub(crate) fn visibility(self) -> Visibility {
        match self {
            Self::PrivateKey | Self::EncryptedPrivateKey | Self::Pkcs12 | Self::Jks | Self::Password => {
                Visibility::Secret
            }
            Self::PublicKey
            | Self::CertRequest
            | Self::Certificate
            | Self::Truststore
            | Self::Crl
            | Self::Manifest
            | Self::Broken => Visibility::Public,
        }
    }
}
