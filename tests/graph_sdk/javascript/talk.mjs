// Microsoft's JavaScript client for Graph, pointed at a tenant: run by tests/e2e/test_graph_javascript.py.
//
// Reads what to do from standard input and writes what the client made of the answers. The client is found in the
// folder that the first argument names. Only the addresses here are Deskwright's.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Client, GraphError, PageIterator } = createRequire(`${process.argv[2]}/`)("@microsoft/microsoft-graph-client");
const given = JSON.parse(readFileSync(0, "utf8"));
const ENDPOINT = "/deviceManagement/virtualEndpoint";

function client(version, headers = {}) {
  const { host } = new URL(given.base);
  return Client.init({
    baseUrl: `${given.base}/`,
    defaultVersion: version,
    customHosts: new Set([host, host.split(":")[0]]),
    authProvider: (done) => done(null, given.token),
    fetchOptions: { headers },
  });
}

async function refusal(asked) {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const inner = JSON.parse(error.body)["innerError"] ?? {};
    return {
      status: error.statusCode,
      code: error.code,
      date: error.date?.toISOString?.() ?? String(error.date),
      request: error.requestId,
      sent: inner["client-request-id"],
    };
  }
  return null;
}

async function reads(graph) {
  const counts = {};
  for (const name of given.collections) {
    counts[name] = (await graph.api(`${ENDPOINT}/${name}`).get()).value.length;
  }
  return counts;
}

async function filters(graph) {
  const pcs = graph.api(`${ENDPOINT}/cloudPCs`);
  const found = await pcs.filter(`userPrincipalName eq '${given.user}'`).select(["id", "userPrincipalName"]).get();
  return found.value;
}

async function pages(graph) {
  const first = await graph.api(`${ENDPOINT}/cloudPCs`).top(2).get();
  const ids = [];
  const all = new PageIterator(graph, first, (pc) => ids.push(pc.id) > 0);
  await all.iterate();
  return { ids, link: first["@odata.nextLink"], complete: all.isComplete() };
}

async function policies(graph, version) {
  const all = `${ENDPOINT}/provisioningPolicies`;
  const made = await graph.api(all).post({
    "@odata.type": "#microsoft.graph.cloudPcProvisioningPolicy",
    displayName: `By JavaScript, ${version}`,
    description: "",
    provisioningType: "dedicated",
    imageId: given.image,
    imageType: "gallery",
    imageDisplayName: "Windows 11",
    domainJoinConfigurations: [{ onPremisesConnectionId: given.connection }],
    windowsSetting: { locale: "en-US" },
  });
  const one = `${all}/${made.id}`;
  const target = { "@odata.type": "microsoft.graph.cloudPcManagementGroupAssignmentTarget", groupId: given.group };
  await graph.api(`${one}/assign`).post({ assignments: [{ target }] });
  const read = await graph.api(one).expand("assignments").get();
  await graph.api(one).patch({ description: "edited" });
  const edited = await graph.api(one).get();
  const refused = await refusal(graph.api(one).header("client-request-id", given.id).delete());
  await graph.api(`${one}/assign`).post({ assignments: [] });
  await graph.api(one).delete();
  return {
    name: made.displayName,
    groups: read.assignments.map((each) => each.target.groupId),
    description: edited.description,
    refused,
    gone: await refusal(graph.api(one).get()),
  };
}

async function actions(graph) {
  const one = `${ENDPOINT}/cloudPCs/${given.ready}`;
  await graph.api(`${one}/rename`).post({ displayName: "By JavaScript" });
  await graph.api(`${one}/reboot`).post({});
  const again = await refusal(graph.api(`${one}/endGracePeriod`).post({}));
  return { name: (await graph.api(one).get()).displayName, again };
}

const told = {};
for (const version of ["v1.0", "beta"]) {
  const graph = client(version);
  told[version] = { reads: await reads(graph), policy: await policies(graph, version), found: await filters(graph) };
}
told.pages = await pages(client("beta"));
told.actions = await actions(client("beta"));
process.stdout.write(JSON.stringify(told));
