/** What can be done with a Spot Group, its release, its hosts and the sessions on them. */

import { ACTIONS } from "../../api/actions.ts";
import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { entered, sent, typing, type Action } from "../../components/action.ts";
import type { saidOf } from "../../components/supported.ts";
import { foreseen } from "../../components/foreseen.ts";
import { input } from "../../components/form/inputs.ts";
import { words } from "../../words/spot-groups.ts";
import type { Release, Session, SessionHost, SpotGroup } from "./types.ts";

const { actions, fields } = words;
const GROUP = `${ROOT}/spotGroups/{id}` as const;
const HOST = `${ROOT}/spotGroups/{id}/hosts/{host}` as const;
const MESSAGE = [
  input("text", "title", fields.title, { longest: 100 }),
  input("long", "body", fields.body, { longest: 1_000 }),
];

/** What the service says of an action, as `saidOf` returns it. */
type Says = ReturnType<typeof saidOf>;

export function groupActions(api: Api, tenant: string, group: SpotGroup, says: Says): Action[] {
  const place = { params: { path: { ...at(tenant), id: group.id } } };
  const isPaused = group.paused !== null;
  return typing(ACTIONS.spotGroups, group.displayName, [
    isPaused
      ? {
          name: "resume",
          ...actions.resume,
          ...says("resume"),
          run: () => sent(api.POST(`${GROUP}/resume`, place)),
        }
      : {
          name: "pause",
          ...actions.pause,
          ...says("pause"),
          fields: [input("text", "reason", fields.reason, { optional: true, longest: 400 })],
          preview: () => foreseen(api, tenant, { pause: { spotGroupId: group.id } }),
          run: (values) => sent(api.POST(`${GROUP}/pause`, { ...place, body: entered(values) })),
        },
    {
      name: "message",
      ...actions.message,
      permission: "userSessions/message",
      why: group.activeSessions > 0 ? null : words.noHostsToAct,
      fields: MESSAGE,
      run: async (values) => ({
        text: told((await api.POST(`${GROUP}/sessions/message`, { ...place, body: entered(values) })).data?.sessions),
      }),
    },
    {
      name: "confirmRemovals",
      ...actions.confirmRemovals,
      ...says("confirmRemovals"),
      run: () => sent(api.POST(`${GROUP}/confirmRemovals`, place)),
    },
    {
      name: "delete",
      ...actions.delete,
      ...says("delete"),
      leaveTo: `/t/${tenant}/spot-groups`,
      run: () => sent(api.DELETE(GROUP, { params: { ...place.params, query: { confirm: "true" } } })),
    },
  ]);
}

export function releaseActions(api: Api, tenant: string, release: Release, says: Says): Action[] {
  const place = { params: { path: { ...at(tenant), id: release.spotGroupId } } };
  const mayResume = release.status === "paused" || release.status === "failed";
  return [
    mayResume
      ? {
          name: "resume",
          ...actions.resumeRelease,
          ...says("release/resume"),
          run: () => sent(api.POST(`${GROUP}/release/resume`, place)),
        }
      : {
          name: "pause",
          ...actions.pauseRelease,
          ...says("release/pause"),
          run: () => sent(api.POST(`${GROUP}/release/pause`, place)),
        },
    {
      name: "cancel",
      ...actions.cancelRelease,
      ...says("release/cancel"),
      run: () => sent(api.POST(`${GROUP}/release/cancel`, place)),
    },
  ];
}

export function hostActions(api: Api, tenant: string, group: string, host: SessionHost, says: Says): Action[] {
  const path = { ...at(tenant), id: group, host: host.id };
  const confirmed = { params: { path, query: { confirm: "true" } } };
  const name = host.computerName ?? host.id;
  return typing(ACTIONS.sessionHosts, name, [
    host.drainedByHand
      ? {
          name: "undrain",
          ...actions.undrain,
          ...says("undrain"),
          run: () => sent(api.POST(`${HOST}/undrain`, { params: { path } })),
        }
      : {
          name: "drain",
          ...actions.drain,
          ...says("drain"),
          run: () => sent(api.POST(`${HOST}/drain`, { params: { path } })),
        },
    host.excluded
      ? {
          name: "include",
          ...actions.include,
          ...says("include"),
          run: () => sent(api.POST(`${HOST}/include`, { params: { path } })),
        }
      : {
          name: "exclude",
          ...actions.exclude,
          ...says("exclude"),
          run: () => sent(api.POST(`${HOST}/exclude`, { params: { path } })),
        },
    {
      name: "restart",
      title: actions.restart.title,
      text: `${actions.restart.text} ${words.sessionsAffected({ count: host.activeSessions })}`,
      ...says("restart"),
      run: () => sent(api.POST(`${HOST}/restart`, confirmed)),
    },
    {
      name: "remove",
      title: actions.remove.title,
      text: `${actions.remove.text} ${words.sessionsAffected({ count: host.activeSessions })}`,
      ...says("remove"),
      run: () => sent(api.POST(`${HOST}/remove`, confirmed)),
    },
  ]);
}

export function sessionActions(api: Api, tenant: string, group: string, session: Session): Action[] {
  const place = { params: { path: { ...at(tenant), id: group } } };
  const sessionIds = [session.id];
  return [
    {
      name: "message",
      ...actions.messageOne,
      permission: "userSessions/message",
      fields: MESSAGE,
      run: (values) =>
        sent(api.POST(`${GROUP}/sessions/message`, { ...place, body: entered({ ...values, sessionIds }) })),
    },
    {
      name: "logOff",
      ...actions.logOff,
      permission: "userSessions/logOff",
      run: () => sent(api.POST(`${GROUP}/sessions/logOff`, { ...place, body: { sessionIds } })),
    },
  ];
}

function told(sessions = 0): string {
  return `${actions.message.title}: ${words.sessionsAffected({ count: sessions })}`;
}
