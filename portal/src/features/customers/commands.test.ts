import { describe, expect, it } from "vitest";

import {
  customerCommand,
  deployCommand,
  deployLink,
  forgetCommand,
  registerCommands,
  type Customer,
} from "./commands.ts";

const WHO: Customer = { directory: "d", subscription: "s", clientId: "c", principal: "p", region: "westeurope" };

describe("what a customer's administrator opens and runs", () => {
  it("links the Azure portal to the whole address of the template", () => {
    expect(deployLink("https://desk.example/api/templates/customer.json")).toBe(
      "https://portal.azure.com/#create/Microsoft.Template/uri/https%3A%2F%2Fdesk.example%2Fapi%2Ftemplates%2Fcustomer.json",
    );
  });

  it("names directory, subscription, region and who gets the role", () => {
    expect(customerCommand(WHO)).toBe(
      "python -m deployment customer --tenant d --subscription s --client-id c --location westeurope",
    );
    expect(forgetCommand(WHO)).toBe("python -m deployment forget --tenant d --subscription s --client-id c");
    expect(deployCommand(WHO, "https://t")).toContain("--template-uri https://t --parameters principalId=p");
    expect(registerCommands(WHO)).toHaveLength(3);
  });

  it("leaves a gap for what is not known yet", () => {
    expect(deployCommand({ ...WHO, principal: null }, "https://t")).toContain("principalId=<object id>");
  });
});
