import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { NoteAdd20Regular } from "@fluentui/react-icons/svg/note-add";
import { LockClosed20Regular } from "@fluentui/react-icons/svg/lock-closed";
import { PlugConnected20Regular } from "@fluentui/react-icons/svg/plug-connected";
import { PlugDisconnected20Regular } from "@fluentui/react-icons/svg/plug-disconnected";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ACTIONS } from "../../api/actions.ts";
import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne } from "../../api/read.ts";
import { entered, sent, typing, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { input } from "../../components/form/inputs.ts";
import { moment } from "../../components/moments.ts";
import { NoteList } from "../../components/note-list.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { saidOf } from "../../components/supported.ts";
import { useActions } from "../../components/use-actions.tsx";
import { regionNames } from "../../components/region-names.ts";
import { words } from "../../words/image-sets.ts";
import { isWorked, type ImageVersion } from "./versions.tsx";

/** One image version: its temporary machine while it is customised, its failure, who uses it. */
export function ImageVersionPage(): ReactElement {
  const { tenant = "", id = "", number = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const query = useOne(`${ROOT}/imageSets/{id}/versions/{number}`, { tenant, id, number }, { runs: isWorked });
  const supported = useOne(`${ROOT}/imageSets/{id}/versions/{number}/supportedActions`, { tenant, id, number });
  return (
    <DetailView query={query}>
      {(version) => (
        <>
          <PageHeader
            title={`${words.versionColumns.version} ${version.version}`}
            status={<PageStatus of={version.version} status={version.status} />}
          >
            <AsOf query={query} />
          </PageHeader>
          <ActionButtons actions={actionsOf(api, tenant, id, version, saidOf(supported))} begin={work.begin} />
          {work.view}
          <Notices version={version} />
          <Overview
            facts={{
              imageSet: <Link to={`/t/${tenant}/image-sets/${id}`}>{words.toSet}</Link>,
              source: version.sourceName,
              tested: version.validated,
              byRecipe: version.byRecipe,
              regions: regionNames(version.regions),
              shutsDown: version.shutDownDateTime ? moment(version.shutDownDateTime) : null,
              runs: version.running ? titleOf(version.running) : null,
              usedBy: version.usedBy.map(({ displayName, hosts }) => `${displayName} (${hosts})`),
              created: moment(version.createdDateTime),
              work: version.operationId ? (
                <Link to={`/t/${tenant}/operations/${version.operationId}`}>{words.build}</Link>
              ) : null,
            }}
          />
          <NoteList notes={version.notes} />
        </>
      )}
    </DetailView>
  );
}

function Notices({ version }: { readonly version: ImageVersion }): ReactElement {
  const { access, failure, warnings } = version;
  const next = nextOf(version);
  return (
    <>
      {next === null ? null : (
        <MessageBar layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.next}</MessageBarTitle>
            {next}
          </MessageBarBody>
        </MessageBar>
      )}
      {access ? (
        <MessageBar layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.access}</MessageBarTitle>
            <Facts
              facts={{ for: access.address, at: access.publicAddress ?? access.bastionId, until: moment(access.until) }}
            />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {failure ? (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{failure.message}</MessageBarTitle>
            <Facts facts={{ evidence: failure.evidence, advice: failure.advice }} />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {warnings.map(({ step, message }) => (
        <MessageBar key={`${step}${message}`} intent="warning" layout="multiline">
          <MessageBarBody>{message}</MessageBarBody>
        </MessageBar>
      ))}
    </>
  );
}

/** What somebody does next with a version; null where nothing waits for them. */
function nextOf({ status, byRecipe, usedBy }: ImageVersion): string | null {
  if (status === "customizing") {
    return byRecipe ? null : words.nextSteps.customizing;
  }
  return status === "available" && usedBy.length === 0 ? words.nextSteps.available : null;
}

interface Says {
  (name: string): Pick<Action, "permission" | "why">;
}

function actionsOf(api: Api, tenant: string, id: string, version: ImageVersion, says: Says): Action[] {
  const place = { params: { path: { ...at(tenant), id, number: version.version } } };
  const address = `${ROOT}/imageSets/{id}/versions/{number}` as const;
  const { fields, actions } = words;
  return typing(ACTIONS.imageVersions, version.version, [
    {
      name: "connect",
      icon: PlugConnected20Regular,
      ...actions.connect,
      ...says("connect"),
      fields: [
        input("secret", "password", fields.password, { help: fields.passwordHelp }),
        input("text", "address", fields.address, { optional: true, help: fields.addressHelp }),
        input("number", "minutes", fields.minutes, { value: 60, minimum: 5, maximum: 480 }),
      ],
      run: (values) => sent(api.POST(`${address}/connect`, { ...place, body: entered(values) })),
    },
    {
      name: "disconnect",
      icon: PlugDisconnected20Regular,
      ...actions.disconnect,
      ...says("disconnect"),
      run: () => sent(api.POST(`${address}/disconnect`, place)),
    },
    {
      name: "seal",
      icon: LockClosed20Regular,
      ...actions.seal,
      ...says("seal"),
      run: () => sent(api.POST(`${address}/seal`, { ...place, body: { confirm: version.version } })),
    },
    {
      name: "reboot",
      ...actions.reboot,
      ...says("reboot"),
      run: () => sent(api.POST(`${address}/reboot`, place)),
    },
    {
      name: "note",
      icon: NoteAdd20Regular,
      ...actions.noteVersion,
      permission: "imageVersions/update",
      fields: [input("long", "notes", fields.note, { longest: 2_000 })],
      run: (values) => sent(api.PATCH(address, { ...place, body: entered(values) })),
    },
    {
      name: "delete",
      ...actions.deleteVersion,
      ...says("delete"),
      leaveTo: `/t/${tenant}/image-sets/${id}`,
      run: () => sent(api.DELETE(address, place)),
    },
  ]);
}
