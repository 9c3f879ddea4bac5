// Assertions by jsonwebtoken, which CERTWRIGHT_NODE_MODULES holds: verify TOKEN CERTIFICATE, sign KEY CLIENT_ID.
const { readFileSync } = require("fs");
const { createRequire } = require("module");
const folder = process.env.CERTWRIGHT_NODE_MODULES;
const jsonwebtoken = (folder ? createRequire(`${folder}/`) : require)("jsonwebtoken");

const [command, first, second] = process.argv.slice(2);
const audience = "https://login.salesforce.com";
if (command === "verify") {
  const claims = jsonwebtoken.verify(first, readFileSync(second), { algorithms: ["RS256"], audience, maxAge: undefined });
  console.log(claims.iss, claims.sub, "jti" in claims);
} else {
  const claims = { iss: second, sub: "ADMIN-3dvj@force.com", aud: audience };
  process.stdout.write(jsonwebtoken.sign(claims, readFileSync(first), { algorithm: "RS256", expiresIn: "3m" }));
}
