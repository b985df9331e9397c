import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { Suspense, lazy, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { NoteList } from "../../components/note-list.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { pausedText } from "../../components/paused.ts";
import { PageStatus } from "../../components/page-status.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { saidOf } from "../../components/supported.ts";
import { useActions, type Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { groupActions } from "./actions.ts";
import { Decisions, Hosts, Members, Sessions } from "./lists.tsx";
import { Releases } from "./releases.tsx";
import { SignIn } from "./sign-in.tsx";
import { useSupported } from "./supported.ts";
import type { SpotGroup } from "./types.ts";

const Explained = lazy(async () => ({ default: (await import("./explained.tsx")).Explained }));

/** One Spot Group: its state, its release, its hosts and sessions, and why the engine did what it did. */
export function SpotGroupPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const work = useActions(inTenant(tenant));
  const query = useOne(`${ROOT}/spotGroups/{id}`, { tenant, id }, { runs: () => true });
  const mayEdit = useMay("wizards/save");
  return (
    <DetailView query={query}>
      {(group) => (
        <>
          <PageHeader title={group.displayName} status={<PageStatus of={group.displayName} status={group.status} />}>
            {mayEdit && <LinkButton to={`/t/${tenant}/wizards/edit-spot-group?id=${id}`} icon={Edit20Regular}>{words.edit}</LinkButton>}
            {mayEdit && <LinkButton to={`/t/${tenant}/wizards/update-spot-group?id=${id}`}>{words.newRelease}</LinkButton>}
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={tenant} group={group} work={work} />
          {work.view}
          <Facts
            facts={{
              reason: group.statusDetail,
              shownToUsersAs: group.friendlyName,
              description: group.description,
              desktops: titleOf(group.licenseType),
              quantity: group.quantity,
              usersPerHost: group.usersPerHost,
              hostsOnline: words.open(group.onlineHosts, group.builtHosts),
              sessions: group.activeSessions,
              imageVersion: <Link to={`/t/${tenant}/image-sets/${group.imageSetId}`}>{group.imageVersion}</Link>,
              site: group.siteId,
              connection: <Link to={`/t/${tenant}/connections/${group.connectionId}`}>{words.connection}</Link>,
              groups: group.groups.map(({ id: each, displayName }) => displayName ?? each),
              profiles: group.profilePath,
              sharedData: group.dataPath,
              tags: group.tags,
              hostsWithOtherSettings: group.hostsWithOtherSettings > 0 ? group.hostsWithOtherSettings : null,
              poolDrift: group.poolDrift.length > 0 ? group.poolDrift : null,
              startOnConnect: group.cannotStartOnConnect,
              paused: pausedText(group.paused),
            }}
          />
          <Section title={words.settings}>
            <Facts facts={{ ...group.sessions, ...group.hosts, ...group.capacity }} />
          </Section>
          <Releases tenant={tenant} group={group} work={work} />
          <Hosts tenant={tenant} group={id} begin={work.begin} />
          <Sessions tenant={tenant} group={id} begin={work.begin} />
          <Members tenant={tenant} group={id} />
          <SignIn tenant={tenant} group={id} />
          <Suspense fallback={null}>
            <Explained tenant={tenant} group={id} />
          </Suspense>
          <Decisions tenant={tenant} group={id} />
          <NoteList notes={group.notes} />
        </>
      )}
    </DetailView>
  );
}

function Actions(given: { readonly tenant: string; readonly group: SpotGroup; readonly work: Work }): ReactElement {
  const api = useApi();
  const says = saidOf(useSupported(given.tenant, given.group.id));
  return <ActionButtons actions={groupActions(api, given.tenant, given.group, says)} begin={given.work.begin} />;
}
