/** Fields that a page declares itself, for the dialog of an action. */

import type { Choice, Field, Json, Kind } from "./fields.ts";

interface More {
  readonly help?: string;
  readonly optional?: boolean;
  readonly value?: Json;
  readonly choices?: readonly Choice[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly longest?: number;
}

/** Declare one field. It has to be filled in, unless it is `optional`. */
export function input(kind: Kind, name: string, label: string, more: More = {}): Field {
  const { help = "", optional = false, value, choices = [], ...bounds } = more;
  return { kind, name, label, help, required: !optional, value, choices, path: `/${name}`, fields: [], ...bounds };
}
