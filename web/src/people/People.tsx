/** Who belongs to the workspace: members with their roles, invitations, one's recovery kit, and what is in quarantine. */
import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Kit, Member, Quarantined, Role } from "../api/types";
import { Ask } from "../parts/basics";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { Invitations } from "./Invitations";
import { Once } from "./Once";
import { Removal } from "./Removal";
import { usePeople, type People as Calls } from "./queries";

const ROLES = ["admin", "editor", "reviewer", "viewer"] as const;

function Roles({ label, role, disabled = false, onChoose }: { label: string; role: Role; disabled?: boolean; onChoose: (role: Role) => void }) {
  const { t } = useText();
  return (
    <MenuTrigger><Button className="chip add" aria-label={t("named", { what: t(`role.${role}`), name: label })} isDisabled={disabled}>{t(`role.${role}`)}</Button>
      <Popover className="popover" aria-label={label}><Menu className="list" aria-label={label} selectionMode="single" selectedKeys={[role]} onAction={(key) => { const to = ROLES.find((each) => each === key); if (to && to !== role) onChoose(to); }}>
        {ROLES.map((each) => <MenuItem key={each} id={each} textValue={t(`role.${each}`)}><span className="grow"><b>{t(`role.${each}`)}</b><small>{t(`people.can.${each}`)}</small></span></MenuItem>)}
      </Menu></Popover></MenuTrigger>
  );
}

function Person({ member, people }: { member: Member; people: Calls }) {
  const { t, n, date } = useText();
  const { act } = useSession();
  const may = useMay();
  const [asking, setAsking] = useState<"rename" | "remove" | null>(null);
  const devices = member.devices.filter((each) => !each.revoked), gone = member.role === "none", name = member.name;
  const facts = [n("people.devices", devices.length), member.since ? t("people.since", { when: date(member.since), who: member.added_by_name ?? "–" }) : "", member.recovery ? t("people.has_kit") : ""];
  return (
    <li className="row"><span className="grow"><b dir="auto">{name}{member.mine && <small> {t("people.you")}</small>}</b><small>{facts.filter(Boolean).join(" · ")}</small></span>
      {(may.admin || (may.write && member.mine)) && <Button className="link" aria-label={t("named", { what: t("people.rename"), name })} onPress={() => setAsking("rename")}>{t("people.rename")}</Button>}
      {may.admin && !member.mine && !gone && <Button className="link" aria-label={t("named", { what: t("people.remove"), name })} onPress={() => setAsking("remove")}>{t("people.remove")}</Button>}
      <Roles label={t("people.role_of", { name })} role={member.role} disabled={!may.admin} onChoose={(role) => void act(() => people.then(people.calls.change(member.id, { role })), t("people.role_is", { name, role: t(`role.${role}`) }))} />
      <Ask title={t("people.rename")} label={t("project.name")} action={t("save")} start={name} open={asking === "rename"} onClose={() => setAsking(null)} onDone={(to) => void act(() => people.then(people.calls.change(member.id, { name: to })))} />
      {asking === "remove" && <Removal member={member} onClose={() => setAsking(null)} onDone={() => void act(() => people.then(people.calls.remove(member.id)), t("people.removed", { name }))} />}
    </li>
  );
}

function Recovery({ people }: { people: Calls }) {
  const { t, date } = useText();
  const { act } = useSession();
  const { role } = useMay();
  const [made, setMade] = useState<Kit | null>(null);
  const own = (people.kits.data ?? []).filter((each) => each.mine);
  return (
    <section><h2>{t("people.kit")}</h2><p className="quiet">{t("people.kit.how")}</p>
      {own.map((each) => <p key={each.id}>{t("people.kit.made", { when: each.made === null ? "–" : date(each.made) })}</p>)}
      {role !== "none" && <Button className="button start" onPress={() => void act(() => people.then(people.calls.makeKit().then(setMade)))}>{t("people.kit.make")}</Button>}
      {made && <Once title={t("people.kit")} what={t("people.kit.what")} text={made.code} onClose={() => setMade(null)} />}
    </section>
  );
}

function Waiting({ entry, people }: { entry: Quarantined; people: Calls }) {
  const { t, n, date, list } = useText();
  const { act } = useSession();
  const may = useMay();
  const who = entry.person ?? entry.device_name;
  const decide = (decision: "accept" | "discard") => act(() => people.then(people.calls.decide(entry.device, decision)), n(`quarantine.${decision}ed`, entry.changes, { who }));
  return (
    <li className="row"><span className="grow"><b>{n(`quarantine.${entry.reason}`, entry.changes, { who, device: entry.device_name, role: t(`role.${entry.role}`) })}</b>
      <small>{[[...new Set([date(entry.since), date(entry.until)])].join(" – "), list(entry.documents)].filter(Boolean).join(" · ")}</small></span>
      {may.admin && <><Button className="button" onPress={() => void decide("accept")}>{t("quarantine.accept")}</Button><Button className="button" onPress={() => void decide("discard")}>{t("quarantine.discard")}</Button></>}</li>
  );
}

export function People() {
  const { t, said } = useText();
  const may = useMay();
  const people = usePeople();
  // Others' is for admins to decide about; one's own is seen by oneself, for it looked as if it had been done.
  const own = new Set(people.members.data?.find((each) => each.mine)?.devices.map((each) => each.id));
  const waiting = (people.quarantine.data ?? []).filter((each) => may.admin || own.has(each.device));
  return (
    <section className="page settings people">
      <header className="bar"><h1>{t("nav.people")}</h1></header>
      <div className="sections">
        <div>
          {waiting.length > 0 && <section className="quarantine"><h2>{t("quarantine")}</h2><p className="quiet">{said([t("quarantine.how"), may.admin ? "" : t("quarantine.ask")])}</p><ul className="copies">{waiting.map((each) => <Waiting key={each.device} entry={each} people={people} />)}</ul></section>}
          <section><h2>{t("people.members")}</h2><Coming of={[people.members]} shape="rows" count={2} />
            <ul className="copies">{(people.members.data ?? []).map((each) => <Person key={each.id} member={each} people={people} />)}</ul></section>
        </div>
        <div>
          {may.admin && <Invitations people={people} />}
          <Recovery people={people} />
        </div>
      </div>
    </section>
  );
}
