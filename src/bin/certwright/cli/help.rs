//! What `--help` says beyond the options: examples, and what the exit status means. `tests/examples.rs` runs every line of
//! it. A line has 80 columns at most with its indent, else it would be broken where nobody can copy it.

pub(crate) const TOP: &str = "\
Examples:
  # Every file of the setup guide; the password is made up and kept in a file
  certwright init jwt --subject \"C=US,O=Example Inc\" --password-from generate

  # The same step by step, each step with the guide's file names
  certwright genkey --password-from env:PW
  certwright decrypt --password-from env:PW
  certwright csr --subject \"C=US,O=Example Inc\"
  certwright selfsign
  certwright verify --password-from env:PW

  # What an error message of Salesforce's means
  certwright salesforce explain invalid_grant: invalid assertion

Each command has examples of its own: certwright COMMAND --help. In PowerShell a
line goes on after ` where these have \\.

Exit status:
  0        done, or every check holds
  1        what was checked is not good, or a login was refused
  2        could not run: usage, file, password, malformed input
  128 + n  stopped by signal n; nothing half-made is left";

pub(crate) const INIT: &str = "\
Examples:
  # On a terminal it asks for what is not said
  certwright init jwt

  # Nothing asked; the password is made up and kept in jwt/server.pass.txt
  certwright init jwt --subject \"C=US,O=Example Inc\" --password-from generate

  # Keystores too, here, under the password in the environment variable PW
  certwright init --p12 --jks --subject \"O=Example Inc\" --password-from env:PW

Exit status:
  0  every file is written, read back and found to belong together
  2  nothing is written; the error says why, and what to do";

pub(crate) const GENKEY: &str = "\
Examples:
  # Under a password that is made up and kept in server.pass.txt
  certwright genkey --password-from generate

  # 4096 bits, under the password in the environment variable PW
  certwright genkey --bits 4096 --out big.key --password-from env:PW

Exit status:
  0  the key is written
  2  nothing is written; the error says why, and what to do";

pub(crate) const DECRYPT: &str = "\
Examples:
  # server.key and its copy server.pem out of server.pass.key
  certwright decrypt --password-from env:PW

  # Into the older form (BEGIN RSA PRIVATE KEY)
  certwright decrypt --in server.key --format pkcs1 --out old.key

Exit status:
  0  the key is written
  2  nothing is written: no such file, a wrong password, no key in it";

pub(crate) const ENCRYPT: &str = "\
Examples:
  # server.pass.key out of server.key, the password made up
  certwright encrypt --password-from generate

  # Another password for a key that has one
  certwright encrypt --in server.pass.key --out new.pass.key \\
    --old-password-from env:PW --password-from env:NEW

Exit status:
  0  the key is written
  2  nothing is written: no such file, a wrong password, no key in it";

pub(crate) const CSR: &str = "\
Examples:
  # server.csr for the key in server.key
  certwright csr --country US --organization \"Example Inc\"

  # With names and addresses beside the subject
  certwright csr --subject CN=a.example --san DNS:a.example --san IP:192.0.2.1

Exit status:
  0  the request is written
  2  nothing is written: no key, or no subject that a certificate can have";

pub(crate) const SELFSIGN: &str = "\
Examples:
  # server.crt for server.csr, signed with server.key
  certwright selfsign

  # For two years, with a key that is under a password
  certwright selfsign --days 730 --key server.pass.key --password-from env:PW

Exit status:
  0  the certificate is written
  2  nothing is written: a file is missing, or the request is of another key";

pub(crate) const P12: &str = "\
Examples:
  # keystore.p12 from server.key and server.crt
  certwright p12 --alias sales_cert --password-from env:PW

  # For Windows Server 2016 and older
  certwright p12 --compat windows2016 --password-from env:PW

Exit status:
  0  the keystore is written
  2  nothing is written: a file is missing, or the certificate is of another key";

pub(crate) const JKS: &str = "\
Examples:
  # servercert.jks from keystore.p12
  certwright jks --in keystore.p12 --password-from env:PW

  # From PEM files, under a password that is made up for it
  certwright jks --key server.key --cert server.crt --password-from generate

Exit status:
  0  the keystore is written
  2  nothing is written: a file is missing, or the password is wrong";

pub(crate) const EXPORT: &str = "\
Examples:
  # server.key, server.crt and, of an authority, chain.pem out of keystore.p12
  certwright export --password-from env:PW

  # The certificates alone, in one file
  certwright export --no-key --fullchain-out all.pem --password-from env:PW

  # A key as one line, for a secret of a pipeline
  certwright export --base64-line server.key

The line comes back as a file in sh, and in a step of GitHub Actions, with
  (umask 077; rm -f server.key; printf %s \"$JWT_KEY\" | base64 -d > server.key)
and in PowerShell with
  $key = [Convert]::FromBase64String($env:JWT_KEY)
  [IO.File]::WriteAllBytes(\"$PWD/server.key\", $key)

Exit status:
  0  the files, or the line, are written
  2  nothing is written: no such file, a wrong password, several entries";

pub(crate) const VERIFY: &str = "\
Examples:
  # Every file of this folder, and what Salesforce asks of them
  certwright verify --for salesforce --password-from env:PW

  # For cron: exit status 1 from a month before the certificate ends
  certwright verify server.crt --expires-within 30d

Exit status:
  0  every check holds
  1  a check fails; with --strict also: one warns, or was not run
  2  could not run: a file is missing, or there is nothing to compare";

pub(crate) const SHOW: &str = "\
Examples:
  # What is in the files of this folder
  certwright show .

  # The certificate as DER
  certwright show --der server.crt --out server.der

Exit status:
  0  everything was read
  2  a file is missing, damaged or of no known kind; the rest is shown";

pub(crate) const JWT: &str = "\
Examples:
  # An assertion for one login, and whether Salesforce could take it
  certwright jwt sign --audience production --client-id 3MVG9 \\
    --username admin@example.com > token
  certwright jwt check token

Exit status:
  0  signed, or every check holds
  1  a check fails
  2  could not run; the error says why, and what to do";

pub(crate) const JWT_SIGN: &str = "\
Examples:
  # With server.key, to standard output
  certwright jwt sign --audience production --client-id 3MVG9 \\
    --username admin@example.com

  # With the key in a keystore, for a sandbox, good for one use
  certwright jwt sign --key keystore.p12 --password-from env:PW --jti \\
    --audience sandbox --client-id 3MVG9 --username admin@example.com

Exit status:
  0  the assertion is on standard output
  2  nothing is signed: no key, or one that is not the certificate's";

pub(crate) const JWT_CHECK: &str = "\
Examples:
  # The assertion in the file token, against server.crt
  certwright jwt check token

  # Out of a pipe, against another certificate, warnings fail too
  certwright jwt check - --cert copy.crt --strict < token

Exit status:
  0  every check holds
  1  a check fails; with --strict also: one warns, or was not run
  2  could not run: no assertion, or no certificate";

pub(crate) const SALESFORCE: &str = "\
Examples:
  # Before a login, all that can be known without the network
  certwright salesforce check --instance-url https://company.my.salesforce.com

  # After a refusal, what it means and what to change
  certwright salesforce explain invalid_grant: audience is invalid

Exit status:
  0  every check holds, logged in, or the message is known
  1  a check fails, or the login is refused
  2  could not run; the error says why, and what to do";

pub(crate) const SALESFORCE_CHECK: &str = "\
Examples:
  # The files of this folder and the address of the login
  certwright salesforce check --instance-url https://company.my.salesforce.com

  # Certain files, and every value that the login needs
  certwright salesforce check server.key server.crt --api-version 64.0 \\
    --instance-url https://company.my.salesforce.com \\
    --client-id 3MVG9 --username admin@example.com

Exit status:
  0  every check holds
  1  a check fails; with --strict also: one warns, or was not run
  2  could not run: a file is missing, or there is nothing to compare";

pub(crate) const SALESFORCE_LOGIN: &str = "\
Examples:
  # With server.key, and server.crt as it was uploaded
  certwright salesforce login --client-id 3MVG9 --username admin@example.com \\
    --instance-url https://company.my.salesforce.com

  # The access token for another program, and nothing else
  certwright salesforce login --client-id 3MVG9 --username admin@example.com \\
    --instance-url https://company.my.salesforce.com --print-token > access

Exit status:
  0  logged in
  1  refused: the answer, what it means and what to change
  2  could not run: no key, no answer, a value that cannot be right";

pub(crate) const SALESFORCE_EXPLAIN: &str = "\
Examples:
  # As it was shown, with whatever stands around it
  certwright salesforce explain \"invalid_grant: user hasn't approved this\"

  # Out of a log, for a program
  certwright salesforce explain --json - < error.log

Exit status:
  0  the message is known
  2  it is not; the known ones are named";

pub(crate) const SALESFORCE_HANDOFF: &str = "\
Examples:
  # The values of the JWT flow, as the integration names them
  certwright salesforce handoff --flow jwt --api-version 64.0 \\
    --instance-url https://company.my.salesforce.com \\
    --client-id 3MVG9 --username admin@example.com

  # Those of the password flow, as TOML
  certwright salesforce handoff --flow password --format toml \\
    --instance-url https://company.my.salesforce.com \\
    --client-id 3MVG9 --username admin@example.com

Exit status:
  0  the values are on standard output
  2  one is missing or cannot be right, or the key is not the certificate's";

pub(crate) const TESTPKI: &str = "\
Examples:
  # An authority and a server, for this computer
  certwright testpki pki --host localhost --host 127.0.0.1 --host ::1

  # A server and a client, below an authority in between
  certwright testpki pki --host api.example.test --client alice --intermediate

  # The answer to a signing request
  certwright testpki pki --csr server.csr

  # All that a file describes; run again, it makes what is new in there
  certwright testpki pki --manifest pki.toml

  # The same files again on any machine; all who have the seed have the keys
  certwright testpki pki --host localhost --seed fixtures \\
    --now 2026-11-21T08:15:00Z

  # Certificates that are wrong on purpose, and who takes them
  certwright testpki broken --broken

  # The programs of this shell trust the authority beside the public ones
  eval \"$(certwright testpki pki --env sh)\"

Exit status:
  0  the files are written, or are there already and fit
  2  nothing is written; the error says why, and what to do";

pub(crate) const OPENSSL: &str = "\
Examples:
  # The guide's own line; what it writes may replace what is there
  certwright --force openssl rsa -in server.pass.key -passin env:PW \\
    -out server.key

  # Whether a key and a certificate belong together, as scripts ask it
  certwright openssl x509 -noout -modulus -in server.crt

Exit status:
  0  done, as openssl would
  1  x509 -checkend: the certificate ends within that time
  2  could not run, or openssl means something that is not understood here";

pub(crate) const KEYTOOL: &str = "\
Examples:
  # What is in a keystore
  certwright keytool -list -keystore servercert.jks -storepass:env PW

  # Another name for its entry
  certwright keytool -changealias -keystore servercert.jks \\
    -alias servercert -destalias sales -storepass:env PW

Exit status:
  0  done, as keytool would
  2  could not run, or keytool means something that is not understood here";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  # bash: the line for ~/.bashrc
  eval \"$(certwright completions bash)\"

  # zsh: the line for ~/.zshrc, after compinit
  eval \"$(certwright completions zsh)\"

  # fish: the line for ~/.config/fish/config.fish
  certwright completions fish | source

  # PowerShell: the line for the file that $PROFILE names
  certwright completions powershell | Out-String | Invoke-Expression

  # Elvish: the line for ~/.config/elvish/rc.elv
  eval (certwright completions elvish | slurp)

Exit status:
  0  the script is on standard output
  2  the shell is none of these";

pub(crate) const STATUS: &str = "\
Examples:
  # The certificates of this folder; the password opens its keystores
  certwright status --password-from env:PW

  # For cron, CI and monitors: exit status 1 if one ends within a month
  certwright status . --expires-within 30d

  # Which of them will have expired in 90 days; a date such as 2027-01-31 too
  certwright status --at 90d

Exit status:
  0  no certificate has expired, or ends within the time that was asked for
  1  one has, or does; with --strict also: one could not be looked at
  2  could not run: no certificate is there, one is damaged or may not be read";

pub(crate) const RECOVER: &str = "\
Examples:
  # Show what a killed run left here, then ask whether to finish it
  certwright recover

  # Put back what it had replaced, without asking
  certwright recover --undo --yes

A run that is killed leaves a list of its files, .certwright-unfinished. Nothing
else is written into that folder until this has been settled. Look at the files
that it names, above all if the folder comes from somebody else: an archive or a
clone can bring such a list along.

Exit status:
  0  it is finished, undone or discarded, or there was nothing to recover
  2  nothing was changed: not confirmed, or not possible; the error says why";

pub(crate) const RENEW: &str = "\
Examples:
  # In every file of this folder; the password opens its keystores
  certwright renew --password-from env:PW

  # With a new key too, under the passwords that the old one has
  certwright renew --new-key --password-from env:PW

  # Which files it would replace; nothing is written
  certwright renew --dry-run --password-from env:PW

  # The request for a new one, to send to the authority that has issued it
  certwright renew --csr-out renewal.csr

Exit status:
  0  every file is written, read back and found to belong together
  2  nothing has changed; the error says why, and what to do";
