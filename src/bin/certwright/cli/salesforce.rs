//! `salesforce`: the login, before, during and after.

use std::path::PathBuf;

use certwright::salesforce::{Audience, InstanceUrl};
use clap::{Args, Subcommand, ValueEnum};

use super::{SignerArgs, StorePasswordArgs, field, help};

#[derive(Debug, Subcommand)]
pub(crate) enum SalesforceCommand {
    /// Check offline all that a login needs: files, URLs, names, the clock
    #[command(after_long_help = help::SALESFORCE_CHECK)]
    Check(SalesforceCheckArgs),
    /// Log in, and say what a refusal means
    #[command(after_long_help = help::SALESFORCE_LOGIN)]
    Login(SalesforceLoginArgs),
    /// Say what an error message of Salesforce's means
    #[command(after_long_help = help::SALESFORCE_EXPLAIN)]
    Explain(SalesforceExplainArgs),
    /// Lay out the values that the integration asks for
    #[command(after_long_help = help::SALESFORCE_HANDOFF)]
    Handoff(SalesforceHandoffArgs),
}

#[derive(Args, Debug)]
pub(crate) struct SalesforceCheckArgs {
    /// Files, or a folder whose files are taken [default: the folder of default names]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where to log in: https://company.my.salesforce.com
    // A wrong one is a finding here, not a mistake of the command line.
    #[arg(long, value_name = "URL")]
    pub(crate) instance_url: Option<String>,
    /// Whose login it is for: production, sandbox or a URL [default: what fits the instance URL]
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,
    /// The app's Consumer Key
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Who logs in
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// The version of the API, such as 64.0
    #[arg(long, value_name = "NN.0")]
    pub(crate) api_version: Option<String>,
    /// Judge at this time instead of now: 2027-01-31, 2027-01-31T12:00:00Z, @1801396800, 30d, -2w
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
    /// Let warnings and checks that could not run fail too
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}

/// Who logs in where.
#[derive(Args, Debug)]
pub(crate) struct AccountArgs {
    /// Where to log in: https://company.my.salesforce.com
    #[arg(long, value_name = "URL", value_parser = field(InstanceUrl::parse))]
    pub(crate) instance_url: InstanceUrl,
    /// Whose login it is for: production, sandbox or a URL [default: what fits the instance URL]
    #[arg(long, value_name = "AUDIENCE", value_parser = field(Audience::parse))]
    pub(crate) audience: Option<Audience>,
    /// The app's Consumer Key
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Who logs in
    #[arg(long, value_name = "NAME")]
    pub(crate) username: String,
}

impl AccountArgs {
    /// The audience that was typed, or what fits the instance URL.
    pub(crate) fn audience(&self) -> Audience {
        self.audience.clone().unwrap_or_else(|| Audience::of(&self.instance_url))
    }
}

#[derive(Args, Debug)]
pub(crate) struct SalesforceLoginArgs {
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// Print the access token, and nothing else, to standard output
    #[arg(long)]
    pub(crate) print_token: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SalesforceExplainArgs {
    /// The message as it was shown, with whatever stands around it; - reads standard input
    #[arg(value_name = "MESSAGE", required = true)]
    pub(crate) message: Vec<String>,
}

/// How the integration logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlowName {
    /// With a signed assertion
    Jwt,
    /// With username and password
    Password,
}

/// Which of the documents asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Edition {
    /// The one with the openssl lines
    #[default]
    Newest,
    /// Those before it, which ask for audience and token URL too
    Older,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum HandoffFormat {
    #[default]
    Text,
    Json,
    Toml,
}

#[derive(Args, Debug)]
pub(crate) struct SalesforceHandoffArgs {
    /// How the integration logs in
    #[arg(long, value_enum, value_name = "FLOW")]
    pub(crate) flow: FlowName,
    /// The edition of the documents whose fields are wanted (JWT flow)
    #[arg(long, value_enum, default_value_t = Edition::Newest)]
    pub(crate) edition: Edition,
    /// The private key that the integration reads, without password [default: server.pem] (JWT flow)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The certificate that was uploaded [default: server.crt] (JWT flow)
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// The version of the API, such as 64.0
    #[arg(long, value_name = "NN.0", required_if_eq("flow", "jwt"))]
    pub(crate) api_version: Option<String>,
    /// The form of the list
    #[arg(long, value_enum, default_value_t = HandoffFormat::Text)]
    pub(crate) format: HandoffFormat,
}
