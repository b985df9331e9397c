/** What people choose of the mail about their Cloud PCs. Pure but for its request. */

import type { Api } from "../../api/client.ts";
import type { Found } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { language } from "../../words/language.ts";
import { words } from "../../words/my.ts";

export type Mail = Found<"/me/notices">;

const LONGEST_TIME = 5;
const LONGEST_ZONE = 100;
const HOURS_AND_MINUTES = "HH:MM".length;

/** The dialog in which somebody chooses their mail; null where their organisation sends none. */
export function chooseMail(api: Api, mail: Mail | undefined): Action | null {
  if (mail?.mailed !== true) {
    return null;
  }
  const { quietHours, timeZone } = mail;
  return {
    name: "mail",
    ...words.mail,
    permission: "me/updateNotices",
    fields: [
      input("several", "wanted", words.fields.mail, {
        help: words.fields.mailHelp,
        optional: true,
        choices: mail.choices.map(({ type, titles }) => ({ value: type, title: titleIn(titles) })),
        value: mail.choices.map(({ type }) => type).filter((type) => !mail.optedOut.includes(type)),
      }),
      input("text", "startTime", words.fields.quietFrom, {
        help: words.fields.quietHelp,
        optional: true,
        longest: LONGEST_TIME,
        value: shown(quietHours?.startTime),
      }),
      input("text", "endTime", words.fields.quietTo, {
        optional: true,
        longest: LONGEST_TIME,
        value: shown(quietHours?.endTime),
      }),
      input("text", "timeZone", words.fields.zone, {
        help: words.fields.zoneHelp,
        optional: true,
        longest: LONGEST_ZONE,
        value: timeZone ?? "",
      }),
    ],
    run: (values) => sent(api.PATCH("/me/notices", { body: entered(choiceOf(values, mail)) })),
  };
}

/** Return the values of the dialog as they are sent: the types that are left out, and no hours where both are empty. */
export function choiceOf({ wanted, startTime, endTime, timeZone }: Values, mail: Mail): Values {
  const kept = new Set(Array.isArray(wanted) ? wanted : []);
  return {
    optedOut: mail.choices.map(({ type }) => type).filter((type) => !kept.has(type)),
    quietHours: startTime || endTime ? { startTime: startTime || null, endTime: endTime || null } : null,
    timeZone: timeZone || null,
  };
}

function titleIn(titles: Readonly<Record<string, string>>): string {
  const own = Object.keys(titles).find((each) => each.startsWith(language)) ?? "en-US";
  return titles[own] ?? "";
}

function shown(time: string | undefined): string {
  return (time ?? "").slice(0, HOURS_AND_MINUTES);
}
