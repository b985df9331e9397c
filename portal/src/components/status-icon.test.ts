import { ErrorCircle16Filled } from "@fluentui/react-icons/svg/error-circle";
import { RecordStop16Regular } from "@fluentui/react-icons/svg/record-stop";
import { Warning16Filled } from "@fluentui/react-icons/svg/warning";
import { describe, expect, it } from "vitest";

import { iconOf } from "./status-icon.ts";

describe("iconOf", () => {
  it("says what the colour says", () => {
    expect(iconOf("provisionedWithWarnings", "warning")).toBe(Warning16Filled);
  });

  it("says more where something is off", () => {
    expect(iconOf("stopped", "informative")).toBe(RecordStop16Regular);
  });

  it("never hides that something has failed", () => {
    expect(iconOf("stopped", "danger")).toBe(ErrorCircle16Filled);
  });
});
