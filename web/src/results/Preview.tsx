/** A picture on its way, each preview coming in over the one before. */
import { useLayoutEffect, useRef } from "react";
import { useText } from "../text/text";
import type { Look } from "./looks";

/** Drawn, so that it is there at once wherever it is shown, and nothing has to be asked for again. */
function Drawn({ image, label }: { image: HTMLImageElement; label: string | null }) {
  const place = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const canvas = place.current;
    if (!canvas) return;
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0);
  }, [image]);
  return label === null ? <canvas ref={place} aria-hidden="true" /> : <canvas ref={place} role="img" aria-label={label} />;
}

/** `of`: whose picture it is to be, where nothing around says that. */
export function Preview({ look, over, of }: { look: Look; /** The picture itself comes in over it. */ over?: boolean; of?: string }) {
  const { t } = useText();
  const label = of ? t("named", { what: t("create.preview"), name: of }) : t("create.preview");
  return (
    <span className="preview" data-preview>
      {[look.before, look].flatMap((each) => each ?? []).map((each) => <Drawn key={each.serial} image={each.image} label={each === look && !over ? label : null} />)}
    </span>
  );
}
