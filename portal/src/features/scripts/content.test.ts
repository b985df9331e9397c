import { describe, expect, it } from "vitest";

import { decoded, encoded } from "./content.ts";

describe("the text of a script", () => {
  it("comes back as it was written, with every letter", () => {
    const text = "Write-Output 'Grüße, 日本 🚀'\n# end";
    expect(decoded(encoded(text))).toBe(text);
  });

  it("is Base64 of UTF-8", () => {
    expect(encoded("w32tm /config")).toBe("dzMydG0gL2NvbmZpZw==");
    expect(decoded("w7w=")).toBe("ü");
  });
});
