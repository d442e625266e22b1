/** A whole number in digits, within bounds; undefined for anything else. */
export function readInteger(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,12}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}
