export const words = {
  inZone: (zone: string): string => `Times in ${zone}`,
  from: "From",
  table: "Show as a table",
  noTable: "Hide the table",
  marks: "Decisions",
  none: "Nothing has been recorded yet.",
  unknown: "not observed",
  reads: (time: string, values: string): string => `${time}: ${values}`,
  hint: "Left and right arrow keys read the values.",
} as const;
