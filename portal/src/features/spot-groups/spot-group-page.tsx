import { CalendarClock20Regular } from "@fluentui/react-icons/svg/calendar-clock";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { People20Regular } from "@fluentui/react-icons/svg/people";
import { PersonAvailable20Regular } from "@fluentui/react-icons/svg/person-available";
import { PlugDisconnected20Regular } from "@fluentui/react-icons/svg/plug-disconnected";
import { Rocket20Regular } from "@fluentui/react-icons/svg/rocket";
import { Server20Regular } from "@fluentui/react-icons/svg/server";
import { Settings20Regular } from "@fluentui/react-icons/svg/settings";
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
import { Loading } from "../../components/loading.tsx";
import { NoteList } from "../../components/note-list.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { NumberCards, type Figure } from "../../components/number-card.tsx";
import { Overview } from "../../components/overview.tsx";
import type { PageTab } from "../../components/page-tabs.tsx";
import { pausedText } from "../../components/paused.ts";
import { PageStatus } from "../../components/page-status.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { saidOf } from "../../components/supported.ts";
import { useActions, type Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { groupActions } from "./actions.ts";
import { BrokenHosts, Decisions, Hosts, Members, Sessions } from "./lists.tsx";
import { SignIn } from "./sign-in.tsx";
import { useSupported } from "./supported.ts";
import type { SpotGroup } from "./types.ts";

const PageTabs = lazy(async () => ({ default: (await import("../../components/page-tabs.tsx")).PageTabs }));
const Day = lazy(async () => ({ default: (await import("./day.tsx")).Day }));
const Releases = lazy(async () => ({ default: (await import("./releases.tsx")).Releases }));
const ReleaseNow = lazy(async () => ({ default: (await import("./releases.tsx")).ReleaseNow }));
const Explained = lazy(async () => ({ default: (await import("./explained.tsx")).Explained }));

/** One Spot Group: its state, its release, its hosts and sessions, and why the engine did what it did. */
export function SpotGroupPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const work = useActions(inTenant(tenant));
  const query = useOne(`${ROOT}/spotGroups/{id}`, { tenant, id });
  const mayEdit = useMay("wizards/save");
  return (
    <DetailView query={query}>
      {(group) => (
        <>
          <PageHeader
            title={group.displayName}
            about={aboutOf(group)}
            status={<PageStatus of={group.displayName} status={group.status} />}
          >
            {mayEdit && (
              <LinkButton to={`/t/${tenant}/wizards/edit-spot-group?id=${id}`} icon={Edit20Regular}>
                {words.edit}
              </LinkButton>
            )}
            {mayEdit && (
              <LinkButton to={`/t/${tenant}/wizards/update-spot-group?id=${id}`} icon={Rocket20Regular} isPrimary>
                {words.newRelease}
              </LinkButton>
            )}
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={tenant} group={group} work={work} />
          {work.view}
          <BrokenHosts tenant={tenant} group={id} />
          <NumberCards label={words.now} figures={figuresOf(group)} />
          {later(<PageTabs label={group.displayName} tabs={tabsOf(tenant, group, work)} />)}
        </>
      )}
    </DetailView>
  );
}

/** Show a part that is loaded when it is shown. */
function later(part: ReactElement): ReactElement {
  return <Suspense fallback={<Loading />}>{part}</Suspense>;
}

/** Why it is as it is, where there is a reason; else what its members get. */
function aboutOf(group: SpotGroup): string {
  return (
    group.statusDetail ??
    [titleOf(group.licenseType), group.imageVersion, pausedText(group.paused)].filter(Boolean).join(" · ")
  );
}

/** What the group is now, in numbers; each leads to the part that has more of it. */
function figuresOf(group: SpotGroup): Figure[] {
  const seats = group.usersPerHost * group.onlineHosts;
  const sessions = group.activeSessions + group.disconnectedSessions;
  return [
    {
      id: "hosts",
      icon: Server20Regular,
      label: words.hostsOnline,
      count: group.onlineHosts,
      of: group.builtHosts,
      to: "?tab=hosts",
      color: "success",
    },
    {
      id: "sessions",
      icon: PersonAvailable20Regular,
      label: words.sessions,
      count: sessions,
      of: Math.max(seats, sessions),
      to: "?",
    },
    {
      id: "disconnected",
      icon: PlugDisconnected20Regular,
      label: words.disconnected,
      count: group.disconnectedSessions,
      to: "?",
    },
    { id: "seats", icon: People20Regular, label: words.quantity, count: group.quantity, to: "?tab=members" },
  ];
}

function tabsOf(tenant: string, group: SpotGroup, work: Work): PageTab[] {
  const { id } = group;
  const { tabs } = words;
  return [
    {
      name: "today",
      title: tabs.today,
      icon: CalendarClock20Regular,
      content: () => (
        <>
          {later(<ReleaseNow tenant={tenant} group={group} work={work} />)}
          {later(<Day tenant={tenant} group={id} />)}
          <Sessions tenant={tenant} group={id} begin={work.begin} />
          <Decisions tenant={tenant} group={id} />
        </>
      ),
    },
    {
      name: "hosts",
      title: tabs.hosts,
      icon: Server20Regular,
      content: () => <Hosts tenant={tenant} group={id} begin={work.begin} />,
    },
    {
      name: "members",
      title: tabs.members,
      icon: People20Regular,
      content: () => (
        <>
          <Members tenant={tenant} group={id} />
          <SignIn tenant={tenant} group={id} />
          {later(<Explained tenant={tenant} group={id} />)}
        </>
      ),
    },
    {
      name: "releases",
      title: tabs.releases,
      icon: Rocket20Regular,
      content: () => later(<Releases tenant={tenant} group={group} work={work} />),
    },
    {
      name: "settings",
      title: tabs.settings,
      icon: Settings20Regular,
      content: () => <Settings tenant={tenant} group={group} />,
    },
  ];
}

/** What was set, and what belongs to the group. */
function Settings({ tenant, group }: { readonly tenant: string; readonly group: SpotGroup }): ReactElement {
  return (
    <>
      <Overview
        facts={{
          reason: group.statusDetail,
          shownToUsersAs: group.friendlyName,
          description: group.description,
          desktops: titleOf(group.licenseType),
          quantity: group.quantity,
          usersPerHost: group.usersPerHost,
          hostsOnline: words.open({ open: group.onlineHosts, built: group.builtHosts }),
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
      <Section title={words.settings} icon={Settings20Regular}>
        <Facts facts={{ ...group.sessions, ...group.hosts, ...group.capacity }} areTiles />
      </Section>
      <NoteList notes={group.notes} />
    </>
  );
}

function Actions(given: { readonly tenant: string; readonly group: SpotGroup; readonly work: Work }): ReactElement {
  const api = useApi();
  const says = saidOf(useSupported(given.tenant, given.group.id));
  return <ActionButtons actions={groupActions(api, given.tenant, given.group, says)} begin={given.work.begin} />;
}
