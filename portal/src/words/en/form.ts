export default {
  required: " *",
  choose: "Choose",
  notUsable: "{title} (not usable now)",
  /** The place among those that are chosen; -1 for what is not. */
  inOrder: "{title} (number {place})",
  noneYet: "There is nothing to choose from yet.",
  noneFits: "Nothing matches your earlier choices.",
  makeOne: "Create one first",
  notChosen: "Not chosen",
  aLineEach: "One in each line",
  fillIn: "Fill in",
  addRow: "Add",
  moveUp: "Move up",
  /** The place of a row among all, where their order counts. */
  rowOf: "{place} of {count}",
  removeRow: "Remove",
  namedTwice: "Another row has this name. Only one of the two is used.",
  notJson: "This is not valid JSON yet. The value before it is kept.",
  searchGroups: "Search groups by the beginning of their name",
  inZone: "In your time zone, {zone}.",
  noGroups: "No group name begins with this.",
  moreGroups: "There are more: type more of the name.",
} as const;
