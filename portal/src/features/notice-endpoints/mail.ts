/** The form of mail that an endpoint sends, and what is sent of it. Pure. */

import type { components } from "../../api/schema.d.ts";
import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/notice-endpoints.ts";

type Mail = components["schemas"]["MailSettings"];

const LONGEST = { address: 320, host: 253, password: 500 };
const USUAL_PORT = 587;
const TRANSPORTS = Object.entries(words.transports).map(([value, title]) => ({ value, title }));
const PORTS = Object.entries(words.ports).map(([value, title]) => ({ value, title }));

/** Return what is asked of mail (to users: without receivers), filled in with what is set of it; the password is never shown. */
export function mailFields(mail?: Mail, toUsers = false): Field[] {
  const { fields } = words;
  const text = (name: "sender" | "host" | "userName", longest: number, help = ""): Field =>
    input("text", name, fields[name], {
      optional: true,
      longest,
      help,
      ...(mail?.[name] ? { value: mail[name] } : {}),
    });
  return [
    ...(toUsers
      ? []
      : [input("lines", "receivers", fields.receivers, { help: fields.receiversHelp, value: mail?.receivers ?? [] })]),
    input("one", "transport", fields.transport, {
      help: fields.transportHelp,
      choices: TRANSPORTS,
      value: mail?.transport ?? "communicationServices",
    }),
    text("sender", LONGEST.address, fields.senderHelp),
    text("host", LONGEST.host),
    input("one", "port", fields.port, { choices: PORTS, value: String(mail?.port ?? USUAL_PORT) }),
    text("userName", LONGEST.address),
    input("secret", "password", fields.password, {
      help: fields.passwordHelp,
      optional: true,
      longest: LONGEST.password,
    }),
  ];
}

/** Return the values of the form as they are sent: mail as one property, empty texts as none, the password if given. */
export function mailOf(values: Values): Values {
  const { receivers, transport, sender, host, port, userName, password, ...others } = values;
  return {
    ...others,
    mail: {
      receivers: receivers ?? [],
      transport: transport ?? null,
      sender: sender || null,
      host: host || null,
      port: Number(port),
      userName: userName || null,
    },
    ...(password ? { password } : {}),
  };
}
