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
  moreGroups: "There are more: type more of the name.",
} as const;
