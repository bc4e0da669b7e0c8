/** Albums as a tree and pictures in an order, as plain data. */
import type { Album } from "../api/types";

/** Those that stand right in this album; null: at the top. */
export const within = (albums: readonly Album[], parent: string | null) => albums.filter((each) => each.parent === parent);

/** The albums that it stands in and itself, from the top. */
export function lineOf(albums: readonly Album[], id: string): Album[] {
  const line: Album[] = [];
  for (let at = albums.find((each) => each.id === id); at && !line.includes(at); at = albums.find((each) => each.id === at?.parent)) line.unshift(at);
  return line;
}

/** Its name with those that it stands in: several may be called the same. */
export const pathOf = (albums: readonly Album[], id: string) => lineOf(albums, id).map((each) => each.name).join(" / ");

/** Where it can be put: not into itself or one that stands in it, nor where it is. */
export function homesOf(albums: readonly Album[], id: string): Album[] {
  const parent = albums.find((each) => each.id === id)?.parent ?? null;
  return albums.filter((each) => each.id !== parent && !lineOf(albums, each.id).some((one) => one.id === id));
}

/** Albums whose name or place has these letters, whatever their case. */
export function albumsLike(albums: readonly Album[], part: string): Album[] {
  const letters = part.trim().toLowerCase();
  return albums.filter((each) => pathOf(albums, each.id).toLowerCase().includes(letters));
}

/** Which picture the chosen ones come to stand before, moved by so many places; null: at the end, undefined: they stay. */
export function beforeAfterMove(ids: readonly string[], chosen: ReadonlySet<string>, by: number): string | null | undefined {
  const rest = ids.filter((id) => !chosen.has(id));
  const places = ids.flatMap((id, at) => (chosen.has(id) ? [at] : []));
  const first = places[0], last = places.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const from = by < 0 ? first : last + 1 - places.length;
  const to = Math.max(0, Math.min(rest.length, from + by));
  const together = last - first === places.length - 1;
  return to === from && together ? undefined : (rest[to] ?? null);
}
