/** Invitations of this device: a new one with its text and QR code, those that are good, and what became of the others. */
import { useState } from "react";
import { Button, Input, Label, Radio, RadioGroup, TextField } from "react-aria-components";
import type { Given } from "../api/sharing";
import type { Invitation, Invited } from "../api/types";
import { useNow } from "../devices/data";
import { Qr } from "../devices/Qr";
import { RoleChoice } from "../devices/Role";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { CopyText } from "./Once";
import { HOURS, stateOf, type Hours } from "./expiry";
import type { People } from "./queries";

/** Often enough that what has expired is said to be. */
const LOOK = 1000;

function useUntil() {
  const { date, time } = useText();
  return (when: number) => `${date(when)} ${time(when)}`;
}

function NewOne({ people, onMade, onClose }: { people: People; onMade: (made: Invited) => void; onClose: () => void }) {
  const { t } = useText();
  const { act } = useSession();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Given>("editor");
  const [hours, setHours] = useState<Hours>(48);
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    await act(() => people.then(people.calls.invite(name.trim(), role, hours).then(onMade)));
    setBusy(false);
  };
  return (
    <Sheet title={t("people.invite.new")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (name.trim() && !busy) void make(); }}>
        <TextField className="field" value={name} onChange={setName} autoFocus><Label>{t("people.invite.name")}</Label><Input dir="auto" autoComplete="off" /></TextField>
        <RoleChoice role={role} onChange={setRole} />
        <RadioGroup className="choices" aria-label={t("people.invite.hours")} value={String(hours)} onChange={(value) => setHours(HOURS.find((each) => String(each) === value) ?? 48)}>
          <span>{t("people.invite.hours")}</span>{HOURS.map((each) => <Radio key={each} value={String(each)}>{t(`peer.hours.${each}`)}</Radio>)}</RadioGroup>
        <div className="row end"><Button className="button" onPress={onClose}>{t("cancel")}</Button><Button className="button primary" type="submit" isDisabled={!name.trim() || busy}>{t("people.invite")}</Button></div>
      </form>
    </Sheet>
  );
}

/** The text is told this once: whoever closes this makes another one. */
function Made({ made, people, onClose }: { made: Invited; people: People; onClose: () => void }) {
  const { t, code } = useText();
  const now = useNow(LOOK), until = useUntil();
  const listed = people.invitations.data?.find((each) => each.id === made.id) ?? made;
  const state = stateOf(listed, now), title = t("people.invitation", { name: made.person });
  return (
    <Sheet title={title} open wide onClose={onClose}>
      {state === "open" ? (
        <div className="code-shown large">
          <div className="code-words">
            <p>{t("people.invitation.what", { name: made.person, when: until(made.expires) })}</p>
            <p className="quiet">{t("people.invitation.role", { role: t(`role.${made.role}`), can: code("people.can", made.role, "") })}</p>
            <pre className="once" dir="ltr" tabIndex={0} aria-label={title}>{made.text}</pre>
            <p className="quiet">{t("people.invitation.where")}</p>
          </div>
          <figure><Qr text={made.text} label={t("people.invitation.qr")} /><figcaption>{t("letin.qr.how")}</figcaption></figure>
          <div className="row end"><CopyText text={made.text} title={title} /><Button className="button primary" onPress={onClose}>{t("close")}</Button></div>
        </div>
      ) : (
        <div className="stack" role="status" data-invitation={state}>
          <p className={state === "used" ? "good-text" : "bad-text"}>{t(`peer.over.${state}`, { name: made.person, device: listed.device_name ?? "–" })}</p>
          <div className="row end"><Button className="button primary" autoFocus onPress={onClose}>{t("close")}</Button></div>
        </div>
      )}
    </Sheet>
  );
}

function Line({ invitation, people }: { invitation: Invitation; people: People }) {
  const { t } = useText();
  const { act } = useSession();
  const until = useUntil();
  const state = stateOf(invitation, useNow(LOOK)), { person, role, expires, device_name: device } = invitation;
  return (
    <li className="row" data-invitation={state}><span className="grow"><b dir="auto">{person}</b><small>{[t(`role.${role}`), t(`peer.invited.${state}`, { until: until(expires), device: device ?? "–" })].join(" · ")}</small></span>
      {state === "open" && <Button className="link" aria-label={t("named", { what: t("people.withdraw"), name: person })} onPress={() => void act(() => people.then(people.calls.withdraw(invitation.id)))}>{t("people.withdraw")}</Button>}</li>
  );
}

export function Invitations({ people }: { people: People }) {
  const { t, n } = useText();
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<Invited | null>(null);
  const now = useNow(LOOK);
  const all = people.invitations.data ?? [], open = all.filter((each) => stateOf(each, now) === "open"), over = all.filter((each) => !open.includes(each));
  const lines = (some: readonly Invitation[]) => <ul className="copies">{some.map((each) => <Line key={each.id} invitation={each} people={people} />)}</ul>;
  return (
    <section aria-label={t("people.invitations")}><h2>{t("people.invitations")}</h2>
      <p className="quiet">{t("people.invitations.how")}</p>
      {open.length > 0 && lines(open)}
      <Button className="button start" onPress={() => setAsking(true)}><Icon name="add" />{t("people.invite")}</Button>
      {over.length > 0 && <details><summary>{n("people.invitations.over", over.length)}</summary>{lines(over)}</details>}
      {asking && <NewOne people={people} onMade={(one) => { setMade(one); setAsking(false); }} onClose={() => setAsking(false)} />}
      {made && <Made made={made} people={people} onClose={() => setMade(null)} />}
    </section>
  );
}
