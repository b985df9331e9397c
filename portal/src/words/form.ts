export const words = {
  choose: "Choose",
  aLineEach: "One in each line",
  fillIn: "Fill in",
  addRow: "Add",
  removeRow: "Remove",
} as const;
