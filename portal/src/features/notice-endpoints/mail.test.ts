import { expect, test } from "vitest";

import { defaultsOf } from "../../components/action.ts";
import { mailFields, mailOf } from "./mail.ts";

const MAIL = {
  transport: "smtp",
  receivers: ["desk@example.com", "night@example.com"],
  sender: "deskwright@example.com",
  host: "smtp.example.com",
  port: 465,
  userName: "deskwright",
} as const;

test("mail that nobody changes is sent as it is, without a password", () => {
  const mail = { ...MAIL, receivers: [...MAIL.receivers] };
  expect(mailOf(defaultsOf(mailFields(mail)))).toEqual({ mail });
});

test("the service's own mail has no sender and no server", () => {
  const values = { ...defaultsOf(mailFields()), receivers: ["desk@example.com"], sender: "", password: "" };
  expect(mailOf(values)).toEqual({
    mail: {
      transport: "communicationServices",
      receivers: ["desk@example.com"],
      sender: null,
      host: null,
      port: 587,
      userName: null,
    },
  });
});

test("a password is sent beside the mail that it is for", () => {
  expect(mailOf({ ...defaultsOf(mailFields()), password: "s3cret" })).toMatchObject({ password: "s3cret" });
});
