/** Coming into another device's workspace by the code that it shows. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { ApiError, patch } from "../api/client";
import { peers } from "../api/sharing";
import { Sheet } from "../parts/basics";
import { useSession, useStatus } from "../state/session";
import { useText } from "../text/text";
import { useJoined } from "./data";
import { Fingerprint } from "./LetIn";
import { typedOf } from "./words";

export function Join({ onClose }: { onClose: () => void }) {
  const { t, code } = useText();
  const { explain } = useSession();
  const status = useStatus();
  const { setJoined } = useJoined();
  const [text, setText] = useState("");
  const [address, setAddress] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string[]>([]);
  const typed = typedOf(text), invitation = text.trim().startsWith("gesso-invite:") ? text.trim() : null;
  const submit = async () => {
    if (busy) return;
    const joining = invitation !== null ? () => peers.joinInvited(invitation, address.trim() || null) : typed && (() => peers.join(typed.code, typed.address ?? (address.trim() || null)));
    if (!joining) return;
    setBusy(true);
    setFailed([]);
    try {
      setJoined(await joining());
      onClose();
    } catch (error) {
      const hint = error instanceof ApiError ? code("problem", `${error.code}.hint`, "") : "";
      setFailed([explain(error), hint].filter(Boolean));
      setBusy(false);
    }
  };
  return (
    <Sheet title={t("join")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <p>{t("join.how")}</p>
        <TextField className="field code-field" value={text} onChange={setText} autoFocus><Label>{t("join.code")}</Label><Input inputMode="text" autoComplete="off" placeholder="000 000" /></TextField>
        {typed?.address ? <p>{t("join.at", { address: typed.address })}</p>
          : <TextField className="field" value={address} onChange={setAddress}><Label>{t("join.address")}</Label><Input autoComplete="off" placeholder="192.168.1.20:8464" /></TextField>}
        <p className="quiet">{t(status.library.assets + status.library.binned > 0 ? "join.beside" : "join.empty", { name: status.workspace.name })}</p>
        <div role="alert">{failed.map((each, at) => <p key={each} className={at ? "" : "bad-text"}>{each}</p>)}</div>
        <div className="row end"><span role="status" className="grow quiet">{busy && t("join.looking")}</span><Button className="button" onPress={onClose}>{t("cancel")}</Button>
          <Button className="button primary" type="submit" isDisabled={(!typed && invitation === null) || busy}>{t("join.do")}</Button></div>
      </form>
    </Sheet>
  );
}

/** What came of it; it stays while the page turns to the other workspace. */
export function Joined() {
  const { t } = useText();
  const { workspace, act } = useSession();
  const queries = useQueryClient();
  const { joined, setJoined } = useJoined();
  if (!joined) return null;
  const open = () => act(async () => {
    await patch(`/workspaces/${joined.workspace}`, { default: true });
    setJoined(null);
    await queries.invalidateQueries();
    return null;
  });
  const close = () => { setJoined(null); };
  return (
    <Sheet title={t("join.done", { name: joined.name })} open onClose={close}>
      <p>{t("join.done.how", { device: joined.device_name })}</p>
      <Fingerprint value={joined.fingerprint} />
      {joined.workspace === workspace
        ? <div className="row end"><Button className="button primary" autoFocus onPress={close}>{t("letin.same")}</Button></div>
        : <><p className="quiet">{t("join.kept")}</p><div className="row end"><Button className="button" onPress={close}>{t("join.stay")}</Button><Button className="button primary" autoFocus onPress={() => void open()}>{t("join.open")}</Button></div></>}
    </Sheet>
  );
}
