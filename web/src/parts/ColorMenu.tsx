/** The colour of a project or a saved search, and a menu of others. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Color } from "../api/types";
import { useMay } from "../state/may";
import { useText } from "../text/text";
import { Dot } from "./basics";
import { Icon } from "./Icon";

const COLORS = ["red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "grey"] as const;

interface ColorMenuProps { color: Color | null; disabled?: boolean; onChoose: (color: Color | null) => void }

export function ColorMenu({ color, disabled = false, onChoose }: ColorMenuProps) {
  const { t } = useText();
  const may = useMay();
  return (
    <MenuTrigger><Button className="color" aria-label={t("project.color")} isDisabled={disabled || !may.write}>{color ? <Dot color={color} big /> : <Icon name="palette" size={20} />}</Button>
      <Popover className="popover" aria-label={t("project.color")}><Menu className="colors" onAction={(key) => onChoose(COLORS.find((each) => each === key) ?? null)}>
        {COLORS.map((each) => <MenuItem key={each} id={each} textValue={t(`color.${each}`)} aria-label={t(`color.${each}`)}><Dot color={each} big /></MenuItem>)}
        <MenuItem id="none" textValue={t("label.none")} aria-label={t("label.none")}><Icon name="close" size={14} /></MenuItem>
      </Menu></Popover></MenuTrigger>
  );
}
