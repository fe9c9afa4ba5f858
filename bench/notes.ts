/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {}
