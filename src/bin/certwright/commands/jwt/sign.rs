//! `jwt sign`: an assertion on standard output.

use certwright::jwt::{self, Claims};
use certwright::salesforce::fields;
use certwright::salesforce::login::Fields;
use certwright::{Result, time};
use serde_json::json;

use crate::cli::JwtSignArgs;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{json, preflight, signer};

pub(super) fn run(args: JwtSignArgs, session: &mut Session) -> Result<ExitStatus> {
    let lifetime = fields::parse_lifetime(&args.lifetime)?;
    let typed = Fields {
        audience: Some(&args.audience),
        client_id: Some(&args.client_id),
        username: Some(&args.username),
        ..Fields::default()
    };
    preflight::check_fields(&typed, session)?;
    let signer = signer::load(&args.signer, None, session)?;
    preflight::check_pair(&signer, session)?;
    let id = args.jti.then(|| session.random_name()).transpose()?;
    let expires_at = session.now + lifetime;
    let claims = Claims {
        issuer: &args.client_id,
        subject: &args.username,
        audience: args.audience.as_str(),
        expires_at,
        id: id.as_deref(),
    };
    let token = jwt::sign(&claims, &signer.key)?;
    if session.json {
        let text = String::from_utf8_lossy(token.as_bytes());
        let told = json!({ "command": "jwt sign", "token": text, "expires": time::rfc3339(expires_at) });
        session.terminal.say(&json::text(&told))?;
    } else {
        session.terminal.write(token.as_bytes())?;
        session.terminal.write(b"\n")?;
    }
    Ok(ExitStatus::Done)
}
