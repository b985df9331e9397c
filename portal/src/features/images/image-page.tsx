import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne, type Found } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { input } from "../../components/form/inputs.ts";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { regionNames } from "../../components/region-names.ts";
import { words } from "../../words/images.ts";

type DeviceImage = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/deviceImages/{id}">;

/** One device image: what it is, where it is, and why it is not usable. */
export function ImagePage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const query = useOne(`${ROOT}/deviceImages/{id}`, { tenant, id }, { runs: ({ status }) => status === "pending" });
  return (
    <DetailView query={query}>
      {(image) => (
        <>
          <PageHeader title={image.displayName} status={<PageStatus of={image.displayName} status={image.status} />}>
            <AsOf query={query} />
          </PageHeader>
          <ActionButtons actions={actionsOf(api, tenant, image)} begin={work.begin} />
          {work.view}
          <Problem tenant={tenant} image={image} />
          <Overview
            facts={{
              version: image.version,
              windows: image.operatingSystem,
              site: image["@deskwright.siteId"],
              regions: regionNames(image["@deskwright.regions"]),
              source: image["@deskwright.galleryImageId"] ?? image.sourceImageResourceId,
              size: image.sizeInGB ? `${image.sizeInGB} GB` : null,
              changed: moment(image.lastModifiedDateTime),
              build: image["@deskwright.operationId"] ? (
                <Link to={`/t/${tenant}/operations/${image["@deskwright.operationId"]}`}>{words.showBuild}</Link>
              ) : null,
            }}
          />
        </>
      )}
    </DetailView>
  );
}

/** Why the image is not usable, or what to know of it; the operation of its build has the evidence. */
function Problem({ tenant, image }: { readonly tenant: string; readonly image: DeviceImage }): ReactElement | null {
  const found = image["@deskwright.errorDetail"];
  const build = image["@deskwright.operationId"] ?? "";
  const query = useOne(
    "/tenants/{tenant}/operations/{id}",
    { tenant, id: build },
    { enabled: build !== "" && image.status === "failed" },
  );
  if (!image.errorCode && !found) {
    return null;
  }
  return (
    <MessageBar intent={image.status === "failed" ? "error" : "warning"} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{titleOf(image.errorCode ?? image.status)}</MessageBarTitle>
        <p>{found}</p>
        {query.data?.error ? (
          <Facts facts={{ evidence: query.data.error.evidence, whatToDo: query.data.error.advice }} />
        ) : null}
      </MessageBarBody>
    </MessageBar>
  );
}

function actionsOf(api: Api, tenant: string, image: DeviceImage): Action[] {
  const place = { params: { path: { ...at(tenant), id: image.id } } };
  return [
    {
      name: "retry",
      ...words.actions.retry,
      permission: "deviceImages/retry",
      why: image.status === "failed" ? null : words.notFailed,
      run: () => sent(api.POST(`${ROOT}/deviceImages/{id}/retry`, place)),
    },
    {
      name: "rename",
      ...words.actions.rename,
      permission: "deviceImages/update",
      fields: [input("text", "displayName", words.fields.name, { value: image.displayName, longest: 120 })],
      run: (values) => sent(api.PATCH(`${ROOT}/deviceImages/{id}`, { ...place, body: entered(values) })),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "deviceImages/delete",
      typed: image.displayName,
      leaveTo: `/t/${tenant}/images`,
      run: () => sent(api.DELETE(`${ROOT}/deviceImages/{id}`, place)),
    },
  ];
}
