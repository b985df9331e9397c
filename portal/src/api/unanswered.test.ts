import { describe, expect, it } from "vitest";

import { Unanswered } from "./unanswered.ts";

function post(body: string, key?: string): Request {
  return new Request("https://service.example/api/reboot", {
    method: "POST",
    body,
    ...(key === undefined ? {} : { headers: { "Idempotency-Key": key } }),
  });
}

describe("a request without an answer", () => {
  it("keeps its key when it is sent again", async () => {
    const unanswered = new Unanswered();
    const key = await unanswered.keyOf(post("a"));
    expect(await unanswered.keyOf(post("a"))).toBe(key);
    expect(await unanswered.keyOf(post("b"))).not.toBe(key);
  });

  it("has a new key once it was answered", async () => {
    const unanswered = new Unanswered();
    const key = await unanswered.keyOf(post("a"));
    unanswered.answered(post("a", key));
    expect(await unanswered.keyOf(post("a"))).not.toBe(key);
  });
});
