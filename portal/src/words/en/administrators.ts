export default {
  title: "Administrators",
  about: "Who may do what in this tenant, as the directory says.",
  none: "Nobody has a role yet",
  noneText: "The directory has given no role of this service to anybody.",
  columns: { name: "Name", account: "Account", kind: "Kind", role: "Role", since: "Since" },
  kinds: { User: "User", Group: "Group: its members", ServicePrincipal: "Application" },
  roles: {
    "CloudPC.Administrator": "Cloud PC Administrator",
    "CloudPC.Operator": "Cloud PC Operator",
    "CloudPC.Reader": "Cloud PC Reader",
    "CloudPC.User": "Cloud PC User",
    "Provider.Administrator": "Provider Administrator (all tenants)",
  },
  unknown: "Who has which role is not known",
  invite: "Invite co-workers",
  inviteText:
    "Roles are given in the directory, by somebody who administers applications there. Open the page, choose Add user/group, a user or a group, and a role; it counts from the next sign-in. Then pass the link on.",
  open: "Users and groups in Microsoft Entra",
  link: "Link to pass on",
  meaning: "What the roles allow",
  meanings: {
    administrator: "Everything in this tenant: sites, wizards, policies, Cloud PCs.",
    operator: "Reads the tenant and acts on its Cloud PCs; changes no policy.",
    reader: "Reads the tenant; changes nothing.",
  },
} as const;
