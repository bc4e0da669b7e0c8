/** Who makes the pictures: one model, or several for the same prompt. */
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";
import type { Model, Project, Provider, Target } from "../api/types";
import { Icon } from "../parts/Icon";
import { useText, type Text } from "../text/text";
import { isOf, nameOf, type Aimed } from "./draft";
import { rangeOf } from "./price";

/** `targets`: what was chosen, which need not be there; else `chosen` is as the project says, if it says anything. */
interface ModelsProps { providers: readonly Provider[]; chosen: readonly Aimed[]; targets: readonly Target[]; project: Project | null; onChange: (targets: Target[]) => void }

const SOON_DAYS = 90, DAY = 86_400_000;
const dayOf = (day: string) => Date.parse(`${day}T12:00:00`);
const goesSoon = ({ retired, retires_on }: Model, now = Date.now()) => !retired && retires_on !== null && dayOf(retires_on) - now <= SOON_DAYS * DAY;

/** What to know of a chosen model before relying on it: that it is gone, or will be soon. */
function endOf(model: Model, { t, date }: Text): string {
  if (model.retired) return model.replacement ? t("create.retired.instead", { model: model.title, replacement: model.replacement }) : t("create.retired.now", { model: model.title });
  if (!goesSoon(model) || model.retires_on === null) return "";
  const told = { model: model.title, day: date(dayOf(model.retires_on)) };
  return model.replacement ? t("create.retires.instead", { ...told, replacement: model.replacement }) : t("create.retires.soon", told);
}

const idOf = (provider: string, model: string) => JSON.stringify([provider, model]);

/** That it is the project that names the model, or that what it names is not here and nothing is taken in its place. */
function ByProject({ project, here }: { project: Project; here: boolean }) {
  const { t } = useText();
  if (here) return <p className="quiet">{t("making.project", { project: project.name })}</p>;
  const { provider = "", model = "" } = project.making ?? {};
  return <p className="retires" role="status"><Icon name="conflict" size={14} />{t("making.gone", { project: project.name, by: [provider, model].filter(Boolean).join(" · ") })}</p>;
}

export function Models({ providers, chosen, targets, project, onChange }: ModelsProps) {
  const text = useText();
  const { t } = text;
  const put = (ids: Iterable<React.Key>) => onChange([...ids].map((each) => {
    const [provider = "", model = ""] = JSON.parse(String(each)) as string[];
    return { provider, model };
  }));
  const chosenIds = chosen.map((each) => idOf(each.provider.name, each.model.id));
  return (
    <div className="models" role="group" aria-label={t("create.models")}>
      <h2>{t("create.models")}</h2>
      <div className="tags">
        {chosen.map((each) => (
          <span key={idOf(each.provider.name, each.model.id)} className="chip" title={t("cost.how", { amount: nameOf(each), how: rangeOf(each.model.price, text) })}><Icon name={each.provider.leaves_machine ? "cloud" : "here"} size={14} />
            <bdi className="cut">{nameOf(each)}</bdi><small>{rangeOf(each.model.price, text)}</small>
            {chosen.length > 1 && <Button aria-label={t("create.models.without", { name: nameOf(each) })} onPress={() => put(chosenIds.filter((id) => id !== idOf(each.provider.name, each.model.id)))}><Icon name="close" size={12} /></Button>}
          </span>
        ))}
        <MenuTrigger>
          <Button className="chip add" isDisabled={!providers.length}>{t("create.models.choose")}<Icon name="down" size={12} /></Button>
          <Popover className="popover models-menu" aria-label={t("create.models")}>
            <Menu className="list" aria-label={t("create.models")} selectionMode="multiple" disallowEmptySelection selectedKeys={chosenIds}
              disabledKeys={providers.flatMap((each) => each.models.filter((model) => model.retired).map((model) => idOf(each.name, model.id)))}
              onSelectionChange={(keys) => { if (keys !== "all") put(keys); }}>
              {providers.map((provider) => (
                <MenuSection key={provider.name}>
                  <Header>{provider.title}<small>{t(provider.leaves_machine ? "create.leaves" : "create.stays")}</small></Header>
                  {provider.problem !== null && <MenuItem id={`problem ${provider.name}`} isDisabled className="quiet pad" textValue={provider.problem}>{provider.problem}</MenuItem>}
                  {provider.models.map((model) => (
                    <MenuItem key={model.id} id={idOf(provider.name, model.id)} textValue={model.title}>
                      {({ isSelected }) => <><span className="tick">{isSelected && <Icon name="check" size={14} />}</span><bdi className="grow">{model.title}</bdi><small>{model.retired ? t("create.retired") : goesSoon(model) && model.retires_on !== null ? t("create.retires", { day: text.date(dayOf(model.retires_on)) }) : rangeOf(model.price, text)}</small></>}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
          </Popover>
        </MenuTrigger>
      </div>
      {project?.making && providers.length > 0 && !chosen.some((each) => isOf(targets, each)) && <ByProject project={project} here={chosen.length > 0} />}
      {chosen.some((each) => each.provider.adapter === "sketch") && <p className="quiet">{t("create.sketch")}</p>}
      {chosen.map((each) => [idOf(each.provider.name, each.model.id), endOf(each.model, text)] as const).filter(([, said]) => said).map(([id, said]) => (
        <p key={id} className="retires"><Icon name="conflict" size={14} />{said}</p>
      ))}
    </div>
  );
}
