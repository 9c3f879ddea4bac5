//! The options that name a subject, and the questions that do.

use certwright::subject::{Attribute, AttributeType};
use certwright::{Error, ErrorKind, Result, SanName, Subject};
use clap::Args;

use crate::session::Session;

#[derive(Args, Debug)]
#[command(next_help_heading = "Subject")]
pub(crate) struct SubjectArgs {
    /// Country, two letters
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// State or province
    #[arg(long, value_name = "NAME")]
    state: Option<String>,
    /// Locality, such as a city
    #[arg(long, value_name = "NAME")]
    locality: Option<String>,
    /// Organization
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Organizational unit; may be given more than once
    #[arg(long, value_name = "NAME")]
    organizational_unit: Vec<String>,
    /// Common name
    #[arg(long, value_name = "NAME")]
    common_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The whole subject: C=US,ST=California,O=Example Inc or /C=US/ST=California/O=Example Inc
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["country", "state", "locality", "organization", "organizational_unit", "common_name", "email"]
    )]
    subject: Option<String>,
    /// A subject alternative name, DNS:name, IP:addr, email:.. or URI:..; may be given more than once
    #[arg(long, value_name = "NAME")]
    san: Vec<String>,
}

/// What the setup guide has people fill in, in its order, with what they are told.
const QUESTIONS: [(AttributeType, &str); 4] = [
    (AttributeType::Country, "Country, its two-letter code such as US or DE"),
    (AttributeType::State, "State or province, written out"),
    (AttributeType::Locality, "Locality, such as a city"),
    (AttributeType::Organization, "Organization, its full name"),
];

impl SubjectArgs {
    /// The alternative names asked for.
    pub(crate) fn sans(&self) -> Result<Vec<SanName>> {
        self.san.iter().map(|name| name.parse()).collect()
    }

    /// The subject that the options name, if they name one.
    pub(crate) fn given(&self) -> Result<Option<Subject>> {
        if let Some(text) = &self.subject {
            return Subject::parse(text).map(Some);
        }
        let units = self.organizational_unit.iter().map(|unit| (AttributeType::OrganizationalUnit, Some(unit)));
        let attributes: Vec<Attribute> = [
            (AttributeType::Country, self.country.as_ref()),
            (AttributeType::State, self.state.as_ref()),
            (AttributeType::Locality, self.locality.as_ref()),
            (AttributeType::Organization, self.organization.as_ref()),
        ]
        .into_iter()
        .chain(units)
        .chain([
            (AttributeType::CommonName, self.common_name.as_ref()),
            (AttributeType::EmailAddress, self.email.as_ref()),
        ])
        .filter_map(|(kind, value)| value.map(|value| Attribute::new(kind, value)))
        .collect::<Result<_>>()?;
        if attributes.is_empty() { Ok(None) } else { Subject::new(attributes).map(Some) }
    }

    /// The subject that the options name, or that a person does.
    pub(crate) fn resolve(&self, session: &mut Session) -> Result<Subject> {
        if let Some(subject) = self.given()? {
            return Ok(subject);
        }
        let nameless = || {
            Error::new(ErrorKind::Usage, "no subject was given, and none is made up").with_hint(
                "say who the certificate is for: --country US --state California --locality \"San Francisco\" \
                 --organization \"Example Inc\", or --subject",
            )
        };
        if !session.may_ask() {
            return Err(nameless());
        }
        session
            .terminal
            .note("Who is the certificate for? Enter alone leaves a part out; Ctrl-C stops, leaving nothing.");
        let mut attributes = Vec::new();
        for (kind, question) in QUESTIONS {
            attributes.extend(ask_attribute(&kind, question, session)?);
        }
        if attributes.is_empty() { Err(nameless()) } else { Subject::new(attributes) }
    }
}

/// Asks for one part of a subject; an empty answer, or a dot as OpenSSL takes it, leaves it out.
pub(crate) fn ask_attribute(kind: &AttributeType, question: &str, session: &mut Session) -> Result<Option<Attribute>> {
    let attribute = |answer: &str| match answer.trim() {
        "" | "." => Ok(None),
        answer => Attribute::new(kind.clone(), answer).map(Some),
    };
    let check = |answer: &str| attribute(answer).map(drop).map_err(|error| error.to_string());
    attribute(&session.terminal.ask(question, &check)?)
}
