export const words = {
  required: " *",
  choose: "Choose",
  aLineEach: "One in each line",
  fillIn: "Fill in",
  addRow: "Add",
  removeRow: "Remove",
  namedTwice: "Another row has this name: one of the two counts.",
  notJson: "This is no JSON yet; what was there before counts.",
  searchGroups: "Search groups by the beginning of their name",
  inZone: (zone: string): string => `In your time zone, ${zone}.`,
  noGroups: "No group has a name that begins so.",
  moreGroups: "There are more: type more of the name.",
} as const;
