import type { Found, RowOf } from "../../api/read.ts";

export type SpotGroup = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}">;
export type SessionHost = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/hosts">;
export type Session = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/sessions">;
export type Decision = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/decisions">;
export type Member = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/members">;
export type Release = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/history">;
