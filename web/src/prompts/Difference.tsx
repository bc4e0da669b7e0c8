/** What a text becomes: what stays, what goes and what comes. */
import { diff } from "../create/diff";

export function Difference({ before, after }: { before: string; after: string }) {
  return diff(before, after).map((each, at) => each.kind === "same" ? <span key={at}>{each.text}</span> : each.kind === "gone" ? <del key={at}>{each.text}</del> : <ins key={at}>{each.text}</ins>);
}
