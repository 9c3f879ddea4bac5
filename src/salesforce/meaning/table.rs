//! The rows. `github.com` is left out of the names of threads: `owner/name#number`.

use super::{Cause, Meaning};

const WAIT: &str = "wait 2 to 10 minutes after creating or changing the app, and try again";

/// Every refusal that is known.
pub const MEANINGS: &[Meaning] = &[
    Meaning {
        message: "invalid_grant: user hasn't approved this consumer",
        patterns: &["user hasn't approved this consumer", "user has not approved this consumer"],
        means: "The assertion is good, but this user may not use this app.",
        causes: &[
            Cause {
                what: "the app does not count the user as approved",
                change: "Setup, External Client App Manager, the app, Policies: set Permitted Users to \"Admin approved \
                         users are pre-authorized\", and select the user's profile or a permission set of theirs",
                excluded_by: None,
            },
            Cause {
                what: "the user is of another organisation than the one logged in to, such as a sandbox's",
                change: "use the My Domain URL of the user's organisation as instance URL, and the audience that fits",
                excluded_by: None,
            },
            Cause {
                what: "the audience is that of the other environment",
                change: "--audience sandbox for sandboxes, production otherwise",
                excluded_by: Some("audience"),
            },
            Cause {
                what: "the app may not be used at any time",
                change: "add the scope \"Perform requests at any time (refresh_token, offline_access)\" to the app",
                excluded_by: None,
            },
            Cause { what: "the app, or its policies, are new", change: WAIT, excluded_by: None },
        ],
        source: "Salesforce help, OAuth 2.0 JWT Bearer Flow (prior approvals, scopes); omniphx/forrest#278; \
                 restforce/restforce#674; simstudioai/sim#6526",
    },
    Meaning {
        message: "invalid_grant: invalid assertion",
        patterns: &["invalid assertion"],
        means: "The signature does not verify with the certificate that was uploaded, or the assertion is damaged.",
        causes: &[
            Cause {
                what: "the certificate in the app is of another key",
                change: "upload server.crt of this key: Setup, External Client App Manager, the app, Settings, OAuth \
                         Settings, Enable JWT Bearer Flow",
                excluded_by: None,
            },
            Cause {
                what: "the certificate here is of another key too",
                change: "compare with certwright verify",
                excluded_by: Some("same-key"),
            },
            Cause {
                what: "the key is not RSA, or the assertion not signed with RS256",
                change: "make an RSA key with genkey; sign with jwt sign",
                excluded_by: Some("assertion"),
            },
            Cause {
                what: "the assertion was used before (its jti is known)",
                change: "sign a new one for each login",
                excluded_by: Some("fresh"),
            },
        ],
        source: "frankkessler/salesforce-laravel-oauth2-rest#68; Salesforce help, OAuth 2.0 JWT Bearer Flow (jti)",
    },
    Meaning {
        message: "invalid_grant: audience is invalid",
        patterns: &["audience is invalid", "audience validation failed", "invalid audience"],
        means: "The assertion is for another login than the one it was sent to.",
        causes: &[
            Cause {
                what: "production's audience for a sandbox, or the other way round",
                change: "--audience sandbox for sandboxes, production otherwise",
                excluded_by: Some("audience"),
            },
            Cause {
                what: "the instance URL is of another organisation, or one that an older sandbox had",
                change: "copy Current My Domain URL from Setup, My Domain; try that URL as --audience too",
                excluded_by: None,
            },
        ],
        source: "Salesforce help, OAuth 2.0 Authorization Errors; Talend/components#1423; forcedotcom/cli#3482",
    },
    Meaning {
        message: "invalid_grant: expired authorization code",
        patterns: &["expired authorization code"],
        means: "The assertion had expired when it arrived, or its expiry is no number of seconds from now.",
        causes: &[
            Cause {
                what: "this computer's clock is wrong",
                change: "set the clock, best by network time",
                excluded_by: Some("clock"),
            },
            Cause {
                what: "exp was computed in local time, or in milliseconds",
                change: "write seconds since 1970 UTC, as jwt sign does",
                excluded_by: Some("assertion"),
            },
            Cause {
                what: "the assertion was kept too long",
                change: "sign a new one for each login",
                excluded_by: Some("fresh"),
            },
        ],
        source: "simple-salesforce/simple-salesforce#491 and #371; newrelic/newrelic-salesforce-exporter#31",
    },
    Meaning {
        message: "app_not_found: External client app is not installed in this org",
        patterns: &[
            "external client app is not installed in this org",
            "app not found",
            "oauth ec app not found",
            "oauth app not found",
        ],
        means: "The organisation that was asked does not know the app.",
        causes: &[
            Cause {
                what: "the app lives in another organisation, such as production's when a sandbox is asked",
                change: "create it there, or install it there from its package",
                excluded_by: None,
            },
            Cause {
                what: "login.salesforce.com or test.salesforce.com was asked, where My Domain is needed",
                change: "use the My Domain URL as instance URL",
                excluded_by: Some("my-domain"),
            },
            Cause { what: "the sandbox was refreshed, or the app is new", change: WAIT, excluded_by: None },
        ],
        source: "forcedotcom/cli#3482 and #3638; PipedreamHQ/pipedream#21557",
    },
    Meaning {
        message: "invalid_client_id: client identifier invalid",
        patterns: &["client identifier invalid", "invalid client id"],
        means: "No app has this client id, as far as the server that was asked knows.",
        causes: &[
            Cause {
                what: "the client id is not the app's Consumer Key, or not all of it",
                change: "copy it anew: Setup, External Client App Manager, the app, Settings, OAuth Settings, Consumer \
                         Key and Secret",
                excluded_by: None,
            },
            Cause { what: "the app is new: not every server knows it yet", change: WAIT, excluded_by: None },
            Cause {
                what: "the login goes to another environment than the app's",
                change: "use the My Domain URL of the app's organisation as instance URL",
                excluded_by: None,
            },
        ],
        source: "pozil/salesforce-react-integration#15; forcedotcom/postman-salesforce-apis#42; \
                 arthurimirzian/salesforce-jwt-bearer-token-flow#4",
    },
    Meaning {
        message: "invalid_app_access: user is not admin approved to access this app",
        patterns: &["user is not admin approved to access this app", "invalid app access"],
        means: "The app takes users that an administrator has approved, and this one is not.",
        causes: &[
            Cause {
                what: "neither the user's profile nor a permission set of theirs is selected in the app",
                change: POLICIES_SELECT,
                excluded_by: None,
            },
            Cause {
                what: "the organisation limits which apps may call the API (API Access Control)",
                change: "Setup, API Access Control: install and approve the app",
                excluded_by: None,
            },
        ],
        source: "forcedotcom/cli#3260; jetstreamapp/jetstream#656",
    },
    Meaning {
        message: "unsupported_grant_type: grant type not supported",
        patterns: &["grant type not supported", "unsupported grant type"],
        means: "The server that was asked does not do this flow, or not for this app.",
        causes: &[
            Cause {
                what: "the flow is not enabled in the app",
                change: "Setup, External Client App Manager, the app, Settings, OAuth Settings, Flow Enablement: \
                         \"Enable JWT Bearer Flow\", with server.crt",
                excluded_by: None,
            },
            Cause {
                what: "the instance URL is that of the browser's pages (*.lightning.force.com)",
                change: "use https://company.my.salesforce.com",
                excluded_by: Some("instance-url"),
            },
        ],
        source: "aaronhuggins/sf-jwt-token#1; the setup guide (no API at *.lightning.force.com)",
    },
    Meaning {
        message: "invalid_grant: ip restricted",
        patterns: &["ip restricted", "ip address not allowed"],
        means: "The user may not log in from this address.",
        causes: &[
            Cause {
                what: "the profile has login IP ranges that this address is not in",
                change: "Setup, Profiles, the user's, Login IP Ranges: add the address that the integration has outside",
                excluded_by: None,
            },
            Cause {
                what: "the app enforces them",
                change: "Setup, External Client App Manager, the app, Policies, IP Relaxation",
                excluded_by: None,
            },
        ],
        source: "Salesforce help, OAuth 2.0 Authorization Errors; abisek/salesforce-elf-browser#9",
    },
    Meaning {
        message: "invalid_grant: inactive user",
        patterns: &["inactive user", "user is inactive"],
        means: "The user exists and is switched off.",
        causes: &[Cause {
            what: "the user was deactivated or frozen",
            change: "Setup, Users, the user: Active, and Unfreeze",
            excluded_by: None,
        }],
        source: "restforce/restforce#303",
    },
    Meaning {
        message: "invalid_grant: inactive organization",
        patterns: &["inactive organization", "inactive org"],
        means: "The organisation is locked, closed, or its trial is over.",
        causes: &[Cause {
            what: "the organisation is not active",
            change: "log in with a browser; Salesforce says there what is to be done",
            excluded_by: None,
        }],
        source: "Salesforce help, OAuth 2.0 Authorization Errors",
    },
    Meaning {
        message: "invalid_grant: Login rate exceeded",
        patterns: &["login rate exceeded", "rate limit exceeded"],
        means: "The user logged in more often than 3600 times in the last hour.",
        causes: &[Cause {
            what: "the integration logs in for each call",
            change: "keep the access token until it is refused, and log in again then; wait an hour",
            excluded_by: None,
        }],
        source: "restforce/restforce#744 (Salesforce help 000312767)",
    },
    Meaning {
        message: "OAUTH_APP_BLOCKED: this app is blocked by admin",
        patterns: &["oauth app blocked", "this app is blocked by admin", "app blocked"],
        means: "An administrator has blocked the app in this organisation.",
        causes: &[Cause {
            what: "the app is blocked, or was never installed",
            change: "Setup, Connected Apps OAuth Usage: unblock or install the app",
            excluded_by: None,
        }],
        source: "n8n-io/n8n#21589",
    },
    Meaning {
        message: "invalid_grant: authentication failure",
        patterns: &["authentication failure"],
        means: "User name, password and security token are not right together. This is the password flow's refusal.",
        causes: &[
            Cause {
                what: "the password lacks the security token at its end, or it was changed",
                change: "reset it in the user's settings (Reset My Security Token), and append it to the password",
                excluded_by: None,
            },
            Cause {
                what: "the organisation blocks the password flow",
                change: "use the JWT flow; or Setup, OAuth and OpenID Connect Settings",
                excluded_by: None,
            },
        ],
        source: "omniphx/forrest#274 and #263; restforce/restforce#357; the setup guide (security token)",
    },
    Meaning {
        message: "invalid_client: invalid client credentials",
        patterns: &["invalid client credentials"],
        means: "Client id and client secret do not belong together. The JWT flow sends no secret.",
        causes: &[Cause {
            what: "the request carries a client secret, and it is wrong",
            change: "leave it out (JWT flow), or copy the Consumer Secret anew (password flow)",
            excluded_by: Some("assertion"),
        }],
        source: "RFC 6749, section 5.2",
    },
    Meaning {
        message: "invalid_grant",
        patterns: &["invalid grant"],
        means: "The assertion was refused, and no reason is in this message.",
        causes: &[Cause {
            what: "any of those that have a description beside them",
            change: "look for error_description in the answer; or Setup, Login History, column Status, for this user",
            excluded_by: None,
        }],
        source: "RFC 6749, section 5.2",
    },
];

const POLICIES_SELECT: &str = "Setup, External Client App Manager, the app, Policies, App Policies: select the user's \
                               profile or a permission set of theirs";
