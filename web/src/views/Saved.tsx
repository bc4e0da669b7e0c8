/** One saved search: its name and colour, what it finds now, and how to change it. */
import { useEffect, useMemo } from "react";
import { Button } from "react-aria-components";
import type { SavedSearch, SavedSearchChange } from "../api/types";
import { Disputed } from "../conflicts/Disputed";
import { ColorMenu } from "../parts/ColorMenu";
import { Editable } from "../parts/Editable";
import { Icon } from "../parts/Icon";
import { failureOf, useSearches } from "../state/data";
import { differs, listingOf } from "../state/listing";
import { useMay } from "../state/may";
import { go, href, leave, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Pictures } from "./Pictures";

function Head({ search }: { search: SavedSearch }) {
  const { t } = useText();
  const { library, act } = useSession();
  const { params } = useRoute();
  const start = { q: search.query, sort: search.sort };
  const may = useMay();
  const now = listingOf(params, start);
  const changed = search.problem === null && now.at === null && differs(now, start);
  const change = (to: SavedSearchChange, said?: string) => act(() => library.editSearch(search.id, to), said);
  const update = () => void change({ query: now.q, sort: now.sort === "own" ? "newest" : now.sort }, t("saved.updated", { name: search.name })).then((done) => { if (done) go(href("search", search.id)); });
  const remove = () => void leave(href("searches"), () => act(() => library.deleteSearch(search.id), t("saved.deleted", { name: search.name })));
  return (
    <header className="project-head saved-head">
      <ColorMenu color={search.color} onChoose={(color) => void change({ color })} />
      <div className="stack grow">
        <Editable shape="wrap" label={t("saved.name")} value={search.name} onSave={(name) => (name.trim() ? change({ name }) : Promise.resolve(true))} />
        <Disputed fields={search.conflicts} />
      </div>
      <div className="row actions">
        {changed && <><Button className="button" onPress={() => go(href("search", search.id))}>{t("saved.revert")}</Button>
          {may.write && now.q !== "" && <Button className="button primary" onPress={update}>{t("saved.update")}</Button>}</>}
        {may.write && <Button className="button" onPress={remove}><Icon name="bin" />{t("saved.delete")}</Button>}
      </div>
    </header>
  );
}

/** One that a newer program wrote: kept as it is, with what is not known here. */
function Unreadable({ search }: { search: SavedSearch }) {
  const { t, code } = useText();
  const problem = search.problem;
  return (
    <section className="pictures">
      <h1 className="unseen">{search.name}</h1>
      <Head search={search} />
      <div className="banner bad" role="alert"><Icon name="conflict" /><span>{t("saved.unreadable")} {problem && code("problem", problem.code, problem.detail, problem.params)}</span></div>
      <div className="saved-query"><p>{t("saved.unreadable.why")}</p><code dir="auto">{search.query}</code></div>
    </section>
  );
}

export function Saved({ id }: { id: string }) {
  const { t } = useText();
  const { explain } = useSession();
  const searches = useSearches();
  const found = searches.data?.find((each) => each.id === id);
  const name = found?.name, query = found?.query ?? "", sort = found?.sort ?? "newest";
  const start = useMemo(() => ({ q: query, sort }), [query, sort]);
  useEffect(() => { if (name) document.title = `${name} – Gesso`; }, [name]);
  const failure = failureOf(searches);
  if (failure) return <div className="alone" role="alert"><h1>{explain(failure)}</h1></div>;
  if (!searches.data) return <div className="loading" aria-busy="true" />;
  if (!found) return <div className="alone" role="alert"><h1>{t("problem.no_search", { id: id.slice(0, 8) })}</h1><a className="button" href={href("searches")}>{t("back")}</a></div>;
  if (found.problem) return <Unreadable search={found} />;
  return <Pictures key={id} start={start} saved={id} heading={<Head search={found} />} />;
}
