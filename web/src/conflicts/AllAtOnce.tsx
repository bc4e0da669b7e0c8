/** All conflicts settled at once: on what is in use, or on what one device set. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import { Progress, Sheet } from "../parts/basics";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { IN_USE, MOST, piles, settlingsOf } from "./many";

const PAGE = 200;

/** Every conflict there is, read to the end while this is open: what nobody looked at is not settled. */
function useAll() {
  const { library, workspace } = useSession();
  const found = useInfiniteQuery({
    queryKey: [workspace, "conflicts", "whole"], queryFn: ({ pageParam, signal }) => library.conflicts(pageParam, PAGE, signal),
    initialPageParam: null as string | null, getNextPageParam: (page) => page.next, gcTime: 0,
  });
  const { hasNextPage, isFetching, fetchNextPage } = found;
  useEffect(() => { if (hasNextPage && !isFetching) void fetchNextPage(); }, [hasNextPage, isFetching, fetchNextPage]);
  return { all: found.data?.pages.flatMap((page) => page.items) ?? [], total: found.data?.pages[0]?.total ?? null, whole: found.isSuccess && !hasNextPage };
}

export function AllAtOnce({ onClose }: { onClose: () => void }) {
  const { t, n, said } = useText();
  const { library, workspace, act } = useSession();
  const queries = useQueryClient();
  const { all, total, whole } = useAll();
  const [chosen, setChosen] = useState(IN_USE);
  const [busy, setBusy] = useState(false);
  const settlings = settlingsOf(all, chosen);
  const go = async () => {
    setBusy(true);
    for (let from = 0; from < settlings.length; from += MOST) {
      const some = settlings.slice(from, from + MOST);
      const went = await act(() => library.resolveMany(some), ({ settled, passed_over: passed }) => said([n("conflict.settled_many", settled), passed > 0 ? n("conflict.passed_over", passed) : ""]));
      if (!went) break;
    }
    await queries.invalidateQueries({ queryKey: [workspace, "conflicts"] });
    onClose();
  };
  return (
    <Sheet title={t("conflict.all_at_once")} open onClose={onClose}>
      <p>{t("conflict.all_at_once.how")}</p>
      {!whole ? <Progress label={t("conflict.reading")} done={all.length} total={total} /> : (
        <RadioGroup className="whose" aria-label={t("conflict.all_at_once")} value={chosen} onChange={setChosen}>
          <Radio value={IN_USE} className="preset-choice"><b>{t("conflict.pile.shown")}</b><small>{t("conflict.pile.shown.how")}</small></Radio>
          {piles(all).map(([device, count]) => <Radio key={device} value={device} className="preset-choice"><b>{t("conflict.pile.device", { device })}</b><small>{n("conflict.pile.count", count)}</small></Radio>)}
        </RadioGroup>
      )}
      <div className="row end"><Button className="button" onPress={onClose}>{t("cancel")}</Button>
        <Button className="button primary" isDisabled={!whole || busy || !settlings.length} onPress={() => void go()}>{n("conflict.settle", settlings.length)}</Button></div>
    </Sheet>
  );
}
