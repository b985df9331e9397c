/** The settings of a tenant as fields: pure. */

import { titleOf } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";
import type { Field, Json } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";

type Settings = Partial<components["schemas"]["TenantSettings"]>;

/** The settings that are a number, with their bounds. */
const NUMBERS = {
  gracePeriodInHours: [1, 8_760],
  attempts: [1, 10],
  resizeWaitInHours: [1, 720],
  cleanUpDelayInHours: [0, 168],
  hybridJoinWaitInMinutes: [5, 600],
  enrollmentWaitInMinutes: [5, 600],
  parkingLimitInHours: [1, 720],
  directoryCatchUpInMinutes: [5, 10_080],
  connectionRecheckInHours: [1, 168],
  orphanScanInHours: [1, 720],
  unusedKeptInHours: [1, 8_760],
  signInRightsPerSubscription: [2, 4_000],
} as const;
const SWITCHES = ["removeOrphans", "disabledAccountStartsGrace"] as const;
const FREQUENCIES = ["4", "6", "12", "16", "24"] as const;

/** Return the fields of the settings, with the present values. Seats and service plans are objects: not here. */
export function settingFields(settings: Settings): Field[] {
  const numbers = Object.entries(NUMBERS).map(([name, [minimum, maximum]]) => {
    const value = settings[name as keyof typeof NUMBERS];
    return input("number", name, titleOf(name), { optional: true, minimum, maximum, ...(value === undefined ? {} : { value }) });
  });
  const frequency = settings.restorePointFrequencyInHours;
  return [
    ...numbers,
    input("one", "restorePointFrequencyInHours", titleOf("restorePointFrequencyInHours"), {
      optional: true,
      choices: FREQUENCIES.map((value) => ({ value, title: value })),
      ...(frequency ? { value: String(frequency) } : {}),
    }),
    ...SWITCHES.map((name) => input("switch", name, titleOf(name), { optional: true, value: settings[name] ?? false })),
    input("text", "namingTemplate", titleOf("namingTemplate"), { optional: true, value: settings.namingTemplate ?? "" }),
  ];
}

/** Return what is sent for the values of these fields: what was emptied gets its default back. */
export function settingsOf(values: Values): Record<string, Json> {
  const names = [...Object.keys(NUMBERS), "restorePointFrequencyInHours", ...SWITCHES, "namingTemplate"];
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name] ?? null;
      return [name, name === "restorePointFrequencyInHours" && value !== null ? Number(value) : value];
    }),
  );
}
