/** The commands and links by which a customer's administrator gives what the service needs. Pure. */

export interface Customer {
  readonly directory: string;
  readonly subscription: string;
  readonly clientId: string | null;
  readonly principal: string | null;
  readonly region: string;
}

const PROVIDERS = ["Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization"];

/** Return the link that opens a template in the Azure portal. */
export function deployLink(template: string): string {
  return `https://portal.azure.com/#create/Microsoft.Template/uri/${encodeURIComponent(template)}`;
}

/** Return the command that deploys the template of the role. */
export function deployCommand({ subscription, principal, region }: Customer, template: string): string {
  return `az deployment sub create --subscription ${subscription} --location ${region} --template-uri ${template} --parameters principalId=${principal ?? "<object id>"}`;
}

/** Return the commands that register the resource providers. */
export function registerCommands({ subscription }: Customer): readonly string[] {
  return PROVIDERS.map((name) => `az provider register --subscription ${subscription} --namespace ${name} --wait`);
}

/** Return the command that makes all that is missing. */
export function customerCommand(customer: Customer): string {
  return `python -m deployment customer ${whoOf(customer)} --location ${customer.region}`;
}

/** Return the command that takes every right of the service away. */
export function forgetCommand(customer: Customer): string {
  return `python -m deployment forget ${whoOf(customer)}`;
}

function whoOf({ directory, subscription, clientId }: Customer): string {
  return `--tenant ${directory} --subscription ${subscription} --client-id ${clientId ?? "<client id>"}`;
}
