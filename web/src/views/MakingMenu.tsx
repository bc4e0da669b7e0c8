/** What a project's pictures are made with where nothing else is said: one model of those that this device has, or none. */
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";
import type { Target } from "../api/types";
import { madeWith, nameOf } from "../create/draft";
import { Icon } from "../parts/Icon";
import { useProviders } from "../state/data";
import { useMay } from "../state/may";
import { useText } from "../text/text";

interface MakingMenuProps { making: Target | null; disabled: boolean; onChoose: (making: Target | null) => void }

const ANY = "any";
const idOf = ({ provider, model }: Target) => JSON.stringify([provider, model]);

export function MakingMenu({ making, disabled, onChoose }: MakingMenuProps) {
  const { t } = useText();
  const may = useMay();
  const providers = useProviders();
  const here = making && madeWith(making, providers.data ?? []);
  const name = making && (here ? nameOf(here) : [making.provider, making.model].filter(Boolean).join(" · "));
  const choose = (key: React.Key) => {
    if (key === ANY) return onChoose(null);
    const [provider = "", model = ""] = JSON.parse(String(key)) as string[];
    onChoose({ provider, model });
  };
  const chosen = here ? idOf({ provider: here.provider.name, model: here.model.id }) : making ? "" : ANY;
  return (
    <div className="tags">
      <MenuTrigger>
        <Button className="chip add" isDisabled={disabled || !may.write}><Icon name="create" size={12} /><bdi className="cut">{name ? t("making.with", { name }) : t("making.any")}</bdi></Button>
        <Popover className="popover models-menu" aria-label={t("making.choose")}>
          <Menu className="list" aria-label={t("making.choose")} selectionMode="single" disallowEmptySelection selectedKeys={[chosen]}
            disabledKeys={(providers.data ?? []).flatMap((each) => each.models.filter((model) => model.retired).map((model) => idOf({ provider: each.name, model: model.id })))}
            onAction={choose}>
            <MenuItem id={ANY} textValue={t("making.none")}>{({ isSelected }) => <><span className="tick">{isSelected && <Icon name="check" size={14} />}</span><bdi className="grow">{t("making.none")}</bdi></>}</MenuItem>
            {(providers.data ?? []).filter((each) => each.problem === null).map((provider) => (
              <MenuSection key={provider.name}>
                <Header>{provider.title}<small>{t(provider.leaves_machine ? "create.leaves" : "create.stays")}</small></Header>
                {provider.models.map((model) => (
                  <MenuItem key={model.id} id={idOf({ provider: provider.name, model: model.id })} textValue={model.title}>
                    {({ isSelected }) => <><span className="tick">{isSelected && <Icon name="check" size={14} />}</span><bdi className="grow">{model.title}</bdi>{model.retired && <small>{t("create.retired")}</small>}</>}
                  </MenuItem>
                ))}
              </MenuSection>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {making && !here && (providers.data?.length ?? 0) > 0 && <small className="quiet">{t("making.away")}</small>}
    </div>
  );
}
