/** All saved searches, each with what it asks for and how much it finds. */
import { Empty } from "../parts/basics";
import { SavedMark } from "../parts/Saved";
import { useSearches, useTotals } from "../state/data";
import { href } from "../state/route";
import { useText } from "../text/text";
import { Coming } from "./Coming";

export function Searches() {
  const { t, n } = useText();
  const searches = useSearches();
  const totals = useTotals();
  return (
    <section className="page">
      <header className="bar"><h1>{t("nav.searches")}</h1></header>
      {searches.data?.length === 0 && <Empty icon="saved" title={t("saved.none")}><p>{t("saved.how")}</p></Empty>}
      <Coming of={[searches]} shape="rows" />
      <ul className="saved-list">
        {(searches.data ?? []).map((each) => {
          const total = totals.data?.get(each.id);
          return (
            <li key={each.id}><a href={href("search", each.id)}>
              <SavedMark search={each} /><b><bdi>{each.name}</bdi></b>
              <small>{each.problem ? t("saved.unreadable") : typeof total === "number" ? n("pictures.total", total) : ""}</small>
              <code dir="auto">{each.query}</code>
            </a></li>
          );
        })}
      </ul>
    </section>
  );
}
