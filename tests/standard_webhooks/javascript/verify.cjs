/** Verifies what stands on standard input: {library, cases: [{secret, headers, body}]}; writes what it says of each. */

const { readFileSync } = require("node:fs");

const { library, cases } = JSON.parse(readFileSync(0, "utf8"));
const { Webhook } = require(library);
const said = cases.map(({ secret, headers, body }) => {
  try {
    return { verified: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    return { refused: error.constructor.name, message: error.message };
  }
});
process.stdout.write(JSON.stringify(said));
