/** Two versions of a picture, compared. */
import { useState } from "react";
import type { Version } from "../api/types";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Differences } from "./Differences";
import type { At, Mode } from "./place";
import { useVersionRows } from "./rows";
import { Stage, type Seen } from "./Stage";

interface Numbered { version: Version; number: number }

export function Versions({ left, right }: { left: Numbered; right: Numbered }) {
  const { t, number } = useText();
  const { library } = useSession();
  const [mode, setMode] = useState<Mode>("slider");
  const [active, setActive] = useState<At>(1);
  const rows = useVersionRows(left.version, right.version);
  const seen = ({ version, number: at }: Numbered): Seen => {
    const name = t("compare.version", { number: number(at) });
    return { src: library.picture(version), alt: name, name, width: version.width, height: version.height };
  };
  const sides = [seen(left), seen(right)] as const;
  return <div className="compared"><Stage sides={sides} mode={mode} onMode={setMode} active={active} onActive={setActive} /><Differences heads={[sides[0].name, sides[1].name]} rows={rows} /></div>;
}
