import { expect, test } from "vitest";

import type { Api } from "../../api/client.ts";
import { defaultsOf } from "../../components/action.ts";
import { choiceOf, chooseMail, type Mail } from "./mail.ts";

const MAIL: Mail = {
  optedOut: ["cloudpc.idle"],
  quietHours: { startTime: "20:00:00", endTime: "07:00:00" },
  timeZone: "Europe/Berlin",
  mailed: true,
  choices: [
    { type: "cloudpc.provisioned", titles: { "en-US": "Ready", "de-DE": "Bereit" } },
    { type: "cloudpc.idle", titles: { "en-US": "Not used", "de-DE": "Nicht genutzt" } },
  ],
  lastModifiedDateTime: null,
};
const API = {} as Api;

test("nobody is asked where no mail is sent", () => {
  expect(chooseMail(API, undefined)).toBeNull();
  expect(chooseMail(API, { ...MAIL, mailed: false })).toBeNull();
});

test("a choice that nobody changes is sent as it is", () => {
  const fields = chooseMail(API, MAIL)?.fields ?? [];
  expect(choiceOf(defaultsOf(fields), MAIL)).toEqual({
    optedOut: ["cloudpc.idle"],
    quietHours: { startTime: "20:00", endTime: "07:00" },
    timeZone: "Europe/Berlin",
  });
});

test("empty hours are none", () => {
  expect(choiceOf({ wanted: ["cloudpc.idle"], startTime: "", endTime: "", timeZone: "" }, MAIL)).toEqual({
    optedOut: ["cloudpc.provisioned"],
    quietHours: null,
    timeZone: null,
  });
});
