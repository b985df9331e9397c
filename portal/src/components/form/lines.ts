/** Return the texts of a field that has one in each line; empty lines are none. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
