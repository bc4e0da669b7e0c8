/** What differs between two pictures or versions, as rows to read. */
import { useQuery } from "@tanstack/react-query";
import type { AssetDetail, Job, Version } from "../api/types";
import { money } from "../create/price";
import { optionWord, valueWord } from "../text/options";
import { differences, type Difference } from "../state/facts";
import { useSession } from "../state/session";
import { useText, type Text } from "../text/text";
import type { Row } from "./Differences";

function rowOf({ name, left, right }: Difference, text: Text): Row {
  // What a model was asked with is called as where it was chosen.
  const called = optionWord(name, text), label = text.code("fact", name, called ?? name);
  if (called !== null) return { name, label, left: left && valueWord(left, text), right: right && valueWord(right, text) };
  if (name !== "bytes" || left === null || right === null) return { name, label, left, right };
  const sizes = [left, right].map(Number), rounded = sizes.map(text.bytes);
  // Two files that differ by a few bytes only are told by the byte.
  const [one = null, other = null] = rounded[0] === rounded[1] ? sizes.map((each) => text.n("bytes", each)) : rounded;
  return { name, label, left: one, right: other };
}

/** Of two versions: also all that their tools wrote. */
export function useVersionRows(left: Version, right: Version): Row[] {
  const text = useText();
  const { library, workspace } = useSession();
  const found = useQuery({
    queryKey: [workspace, "facts", left.facts, right.facts], staleTime: Infinity,
    queryFn: ({ signal }) => Promise.all([left, right].map((each) => (each.facts ? library.facts(each.facts, signal) : null))),
  });
  const sizes = (version: Version, facts: unknown) => ({ width: version.width, height: version.height, bytes: version.bytes, text: facts });
  if (!found.data) return [];
  return differences(sizes(left, found.data[0]), sizes(right, found.data[1])).map((each) => rowOf(each, text));
}

/** What the job cost that made a picture, where this device ran it: its action has the batch's id. */
function useCost(detail: AssetDetail): Job["cost"] {
  const { library, workspace } = useSession();
  const { asset, history } = detail;
  const batch = history.find((each) => each.intent === "asset.generate")?.action;
  const found = useQuery({
    queryKey: [workspace, "jobs", "batch", batch], enabled: batch !== undefined && asset.made === "generated",
    queryFn: ({ signal }) => library.batch(batch ?? "", signal),
  });
  return found.data?.jobs.find((each) => each.assets.includes(asset.id))?.cost ?? null;
}

/** Told by the picture itself. */
const OWN = new Set(["prompt", "negative", "model", "seed", "tool", "width", "height"]);

function told({ asset, versions }: AssetDetail, cost: Job["cost"], text: Text): Record<string, unknown> {
  const parameters = Object.entries(versions.find((each) => each.current)?.parameters ?? {}).filter(([name]) => !OWN.has(name));
  const { prompt, negative, model, tool, seed, width, height } = asset;
  const paid = cost === null ? null : cost.amount === null ? text.t("estimate.unknown") : cost.amount === 0 ? text.t("estimate.free") : money(cost.amount, cost.currency, text.language);
  return {
    prompt, negative, model, seed, extent: `${width} × ${height}`, cost: paid, tool, ...Object.fromEntries(parameters),
    media_type: asset.media_type.replace("image/", "").toUpperCase(), bytes: asset.bytes, tags: asset.tags.length ? text.list(asset.tags) : null,
  };
}

export function useRows(left: AssetDetail, right: AssetDetail): Row[] {
  const text = useText();
  const costs = [useCost(left), useCost(right)] as const;
  return differences(told(left, costs[0], text), told(right, costs[1], text)).map((each) => rowOf(each, text));
}
