//! The list of values that a setup ends with: what the integration is given, in the order of the documents.

use super::{Audience, InstanceUrl};

/// How the integration logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// With a signed assertion.
    Jwt,
    /// With username and password.
    Password,
}

/// One field of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What the documents call it.
    pub label: &'static str,
    /// The same for programs.
    pub name: &'static str,
    /// What it holds.
    pub value: Value,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The value itself.
    Given(String),
    /// A secret, which is named and never shown, with how it is to be handed over.
    Secret(&'static str),
    /// Nothing: the field stays empty, with the reason.
    Blank(&'static str),
}

/// What the fields are made of. All of it was checked where it was read.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    /// The absolute path of the private key, for the JWT flow.
    pub key_path: Option<&'a str>,
    /// Who logs in.
    pub username: &'a str,
    /// The app's Consumer Key.
    pub client_id: &'a str,
    /// Where.
    pub instance: &'a InstanceUrl,
    /// The version of the API.
    pub api_version: Option<&'a str>,
    /// `aud`, which older editions of the documents ask for.
    pub audience: &'a Audience,
}

const PASSWORD: &str =
    "not shown: enter it in the integration itself (with the security token appended, where one is needed)";
const CLIENT_SECRET: &str = "not shown: enter it in the integration itself (Consumer Secret)";

/// The fields of `flow`: of the JWT flow those of the newest edition of the documents, or with `is_older` those before it,
/// which ask for audience and token URL.
pub fn fields(flow: Flow, is_older: bool, values: &Values<'_>) -> Vec<Field> {
    let field = |label, name, value: &str| Field { label, name, value: Value::Given(value.to_owned()) };
    let secret = |label, name, how| Field { label, name, value: Value::Secret(how) };
    let key_path =
        || field("JWT Authentication Client Key Path", "client_key_path", values.key_path.unwrap_or_default());
    let username = field("Username", "username", values.username);
    let client_id = field("Client ID", "client_id", values.client_id);
    let instance = field("Instance URL", "instance_url", values.instance.as_str());
    // The integration appends the path itself.
    let token_url = field("Token URL", "token_url", values.instance.as_str());
    let api_version = values.api_version.map(|version| field("API Version", "api_version", version));
    let mut fields = match (flow, is_older) {
        (Flow::Jwt, false) => vec![key_path(), username, client_id, instance],
        (Flow::Jwt, true) => {
            let audience = field("JWT Authentication Audience URL", "audience_url", values.audience.as_str());
            vec![audience, key_path(), username, client_id, instance, token_url]
        }
        (Flow::Password, _) => vec![
            instance,
            client_id,
            secret("Client Secret", "client_secret", CLIENT_SECRET),
            username,
            secret("Password", "password", PASSWORD),
            token_url,
        ],
    };
    let optional = Field { label: "API Version", name: "api_version", value: Value::Blank("optional") };
    match flow {
        Flow::Password => fields.push(api_version.unwrap_or(optional)),
        Flow::Jwt => fields.extend(api_version),
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edition_has_its_fields() {
        let instance = InstanceUrl::parse("https://company.my.salesforce.com").unwrap();
        let values = Values {
            key_path: Some("/home/you/jwt/server.pem"),
            username: "ADMIN-3dvj@force.com",
            client_id: "3MVG",
            instance: &instance,
            api_version: Some("64.0"),
            audience: &Audience::Production,
        };
        let labels =
            |flow, is_older| fields(flow, is_older, &values).iter().map(|field| field.label).collect::<Vec<_>>();
        let newest = ["JWT Authentication Client Key Path", "Username", "Client ID", "Instance URL", "API Version"];
        assert_eq!(labels(Flow::Jwt, false), newest);
        let older = [
            "JWT Authentication Audience URL",
            "JWT Authentication Client Key Path",
            "Username",
            "Client ID",
            "Instance URL",
            "Token URL",
            "API Version",
        ];
        assert_eq!(labels(Flow::Jwt, true), older);
        let password =
            ["Instance URL", "Client ID", "Client Secret", "Username", "Password", "Token URL", "API Version"];
        assert_eq!(labels(Flow::Password, false), password);
    }
}
