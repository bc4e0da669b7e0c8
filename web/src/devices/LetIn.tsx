/** Letting a device in: whose it is, then six digits for two minutes, then who came. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, Label, Radio, RadioGroup, TextField } from "react-aria-components";
import type { CodeShown, Given } from "../api/sharing";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useNow, useSharing, useShownCode } from "./data";
import { Qr } from "./Qr";
import { RoleChoice } from "./Role";
import { clockOf, grouped, pairText, secondsLeft } from "./words";

/** One who is let in: somebody new, or (without a name) oneself. */
export interface Guest { other: boolean }

export function LetIn({ start, onClose }: { start: Guest; onClose: () => void }) {
  const { t } = useText();
  const { workspace, act } = useSession();
  const { show, hide } = useSharing();
  const queries = useQueryClient();
  const shown = useShownCode().data;
  // A code of before is told of only where it is still open.
  const [begun, setBegun] = useState(shown?.state === "open");
  const [other, setOther] = useState(start.other);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Given>("editor");
  const may = useMay();
  const begin = () => act(async () => {
    queries.setQueryData([workspace, "pairing"], await show(other ? { name: name.trim(), role } : null));
    setBegun(true);
    return null;
  });
  const close = async () => {
    if (shown?.state === "open") await act(async () => { await hide(); queries.setQueryData([workspace, "pairing"], { ...shown, state: "none" }); return null; });
    onClose();
  };
  const now = begun && shown ? shown : null;
  return (
    <Sheet title={t(now?.state === "done" ? "letin.done" : "letin")} open onClose={() => void close()}>
      {now ? <Told shown={now} onAgain={() => void begin()} onClose={() => void close()} /> : (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); if (!other || name.trim()) void begin(); }}>
          {may.admin ? (
            <RadioGroup className="whose" aria-label={t("letin.whose")} value={other ? "other" : "mine"} onChange={(value) => setOther(value === "other")}>
              <Radio value="mine" className="preset-choice"><b>{t("letin.mine")}</b><small>{t("letin.mine.how")}</small></Radio>
              <Radio value="other" className="preset-choice"><b>{t("letin.other")}</b><small>{t("letin.other.how")}</small></Radio>
            </RadioGroup>
          ) : <p>{t("letin.mine.how")}</p>}
          {other && <>
            <TextField className="field" value={name} onChange={setName} autoFocus><Label>{t("people.name")}</Label><Input dir="auto" /></TextField>
            <RoleChoice role={role} onChange={setRole} />
          </>}
          <div className="row end"><Button className="button" onPress={() => void close()}>{t("cancel")}</Button>
            <Button className="button primary" type="submit" isDisabled={other && !name.trim()}>{t("letin.show")}</Button></div>
        </form>
      )}
    </Sheet>
  );
}

function Told({ shown, onAgain, onClose }: { shown: CodeShown; onAgain: () => void; onClose: () => void }) {
  const { t } = useText();
  if (shown.state === "open") return <Open shown={shown} onClose={onClose} />;
  if (shown.state === "done") {
    return (
      <div className="stack" role="status">
        <p>{t("letin.came", { name: shown.device_name })}</p>
        <Fingerprint value={shown.fingerprint} />
        <div className="row end"><Button className="button primary" autoFocus onPress={onClose}>{t("letin.same")}</Button></div>
      </div>
    );
  }
  return (
    <div className="stack" role="alert" data-code={shown.state}>
      <p className="bad-text">{t(`pair.${shown.state}`)}</p>
      <div className="row end"><Button className="button" onPress={onClose}>{t("close")}</Button><Button className="button primary" autoFocus onPress={onAgain}>{t("letin.again")}</Button></div>
    </div>
  );
}

function Open({ shown: { code, addresses, expires_at, tries_left }, onClose }: { shown: CodeShown; onClose: () => void }) {
  const { t, n } = useText();
  const left = secondsLeft(expires_at, useNow(500));
  return (
    <div className="code-shown">
      <div className="code-words">
        <p>{t("letin.type")}</p>
        <output className="code" aria-label={t("letin.code", { code: [...code].join(" ") })}>{grouped(code)}</output>
        <p className="code-left"><Icon name="clock" size={15} /><span role="timer" aria-label={t("letin.left", { time: clockOf(left) })}>{clockOf(left)}</span><span role="status">{n("letin.tries", tries_left)}</span></p>
        {addresses.length > 0 && <div><small>{t("letin.address")}</small><ul className="addresses">{addresses.map((each) => <li key={each}><code>{each}</code></li>)}</ul></div>}
      </div>
      <figure><Qr text={pairText(code, addresses[0])} label={t("letin.qr")} /><figcaption>{t("letin.qr.how")}</figcaption></figure>
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("letin.end")}</Button></div>
    </div>
  );
}

/** What both screens must show, for a person to compare. */
export function Fingerprint({ value }: { value: string }) {
  const { t } = useText();
  return <div className="fingerprint"><small>{t("pair.fingerprint")}</small><code data-fingerprint>{value}</code><p className="quiet">{t("pair.compare")}</p></div>;
}
