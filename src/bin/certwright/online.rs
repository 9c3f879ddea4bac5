//! The one room that goes online: it posts a form and gives back what was answered.
//!
//! It is the command's, not the library's: whoever calls the library has an HTTP client with settings of their own, and a
//! library that may not touch the clock has no business with sockets.

#[cfg(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod client;
#[cfg(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod exchange;
#[cfg(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod provider;

use std::time::SystemTime;

use certwright::salesforce::InstanceUrl;
use certwright::salesforce::answer::Response;
use certwright::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

/// What a server answered.
pub(crate) struct Reply {
    status: u16,
    location: Option<String>,
    pub(crate) date: Option<SystemTime>,
    body: Zeroizing<Vec<u8>>,
}

impl Reply {
    pub(crate) fn as_response(&self) -> Response<'_> {
        Response { status: self.status, location: self.location.as_deref(), body: &self.body }
    }
}

/// Posts `form` to the token endpoint of `instance`.
#[cfg(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn post(instance: &InstanceUrl, form: &[u8]) -> Result<Reply> {
    match certwright::key::missing_feature().filter(|_| instance.as_str().starts_with("https:")) {
        Some(feature) => Err(cannot(&format!("this processor lacks {feature}, which the TLS of this program needs"))),
        None => client::post(instance, form),
    }
}

#[cfg(not(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(crate) fn post(_instance: &InstanceUrl, _form: &[u8]) -> Result<Reply> {
    let why = match cfg!(feature = "online") {
        true => "there is no TLS without C for this kind of processor",
        false => "this certwright was built without the feature online",
    };
    let _ = |location, body| Reply { status: 0, location, date: None, body };
    Err(cannot(why))
}

/// The way out is the same for all: sign here, send with something else.
fn cannot(why: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("cannot log in from here: {why}")).with_hint(
        "sign here and send with curl: certwright jwt sign .. | tr -d '\\n' | curl --data-urlencode \
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer --data-urlencode assertion@- INSTANCE/services/oauth2/token; \
         salesforce explain tells what a refusal means",
    )
}
