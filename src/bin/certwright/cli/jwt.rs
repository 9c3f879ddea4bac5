//! `jwt`, and what every command that signs an assertion takes.

use std::path::PathBuf;

use certwright::salesforce::Audience;
use clap::{Args, Subcommand};

use super::{field, help};
use crate::password::PasswordSource;

#[derive(Debug, Subcommand)]
pub(crate) enum JwtCommand {
    /// Sign an assertion for a login, to standard output
    // Boxed, for it is much the larger.
    #[command(after_long_help = help::JWT_SIGN)]
    Sign(Box<JwtSignArgs>),
    /// Check an assertion: header, signature, claims, window of time
    #[command(after_long_help = help::JWT_CHECK)]
    Check(JwtCheckArgs),
}

/// The key that signs, and its certificate.
#[derive(Args, Debug)]
pub(crate) struct SignerArgs {
    /// The private key: PEM or DER, under a password, or in a PKCS#12 or JKS keystore [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The certificate that was uploaded: nothing is signed if the key is not its own
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The entry of a keystore to take, if there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Where the password of the key or keystore comes from: prompt, env:NAME, file:PATH, stdin or fd:N
    #[arg(long, value_name = "SRC")]
    pub(crate) password_from: Option<PasswordSource>,
    /// Where the password of the key in a keystore comes from, if it is another
    #[arg(long, value_name = "SRC")]
    pub(crate) key_password_from: Option<PasswordSource>,
}

#[derive(Args, Debug)]
pub(crate) struct JwtSignArgs {
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// The app's Consumer Key (the claim iss)
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Who logs in (the claim sub)
    #[arg(long, value_name = "NAME")]
    pub(crate) username: String,
    /// Whose login it is for (the claim aud): production, sandbox or a URL
    #[arg(long, value_name = "AUDIENCE", value_parser = field(Audience::parse))]
    pub(crate) audience: Audience,
    /// How long it is valid, at most 5m
    #[arg(long, value_name = "SPAN", default_value = "3m")]
    pub(crate) lifetime: String,
    /// Add a random jti, which makes it good for one use
    #[arg(long)]
    pub(crate) jti: bool,
}

#[derive(Args, Debug)]
pub(crate) struct JwtCheckArgs {
    /// The assertion itself, a file that holds it, or - for standard input
    #[arg(value_name = "TOKEN|FILE|-")]
    pub(crate) token: String,
    /// The certificate whose key signed it [default: server.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Let warnings and checks that could not run fail too
    #[arg(long)]
    pub(crate) strict: bool,
}
