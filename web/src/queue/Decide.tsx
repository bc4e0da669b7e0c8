/** What is asked before several outcomes are decided at once, or one with what the bill says: what is counted, and what may be lost. */
import { useRef, useState } from "react";
import { Button, FieldError, Input, Label, Text as Hint, TextField } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { Sheet } from "../parts/basics";
import { useMakers } from "../state/data";
import { useText } from "../text/text";
import { byProvider, counted, currencyOf, likelyCost, readBill, type Bill, type Doubt, type Fault } from "./doubt";

/** `amount`: one comes to write down what the bill says. */
export interface Asked { doubts: readonly Doubt[]; charged: boolean; amount: boolean }
/** `taken`: so many were decided elsewhere while it was asked. */
interface DecideProps { asked: Asked | null; taken: number; onClose: () => void; onDecide: (asked: Asked, bill: Bill | null) => void }

export function Decide({ asked, taken, onClose, onDecide }: DecideProps) {
  const { t, n } = useText();
  const count = asked?.doubts.length ?? 0;
  return (
    <Sheet title={asked?.amount ? t("unknown.bill.title") : n(asked?.charged ? "unknown.ask.paid" : "unknown.ask.free", count)} open={asked !== null} onClose={onClose}>
      {asked && <Question asked={asked} taken={taken} onClose={onClose} onDecide={onDecide} />}
    </Sheet>
  );
}

function Question({ asked, taken, onClose, onDecide }: DecideProps & { asked: Asked }) {
  const { doubts, charged } = asked, text = useText();
  const { t, n, moment, number } = text;
  const makers = useMakers();
  const [amount, setAmount] = useState(""), [currency, setCurrency] = useState(currencyOf(doubts));
  const [wrong, setWrong] = useState<Fault | null>(null);
  const fields = { amount: useRef<HTMLInputElement>(null), currency: useRef<HTMLInputElement>(null) };
  const read = readBill(amount, currency);
  const expected = currencyOf(doubts), given = read && typeof read !== "string" ? read.currency : "";
  const other = expected && given && given !== expected ? { expected, given } : null;
  const decide = () => {
    const bill = read ?? (asked.amount ? "amount" : null);
    if (typeof bill !== "string") { onDecide(asked, bill); return; }
    setWrong(bill);
    fields[bill === "currency" ? "currency" : "amount"].current?.focus();
  };
  const told = (of: Doubt[]) => {
    const times = of.map(({ when }) => when), [first, last] = [moment(Math.min(...times)), moment(Math.max(...times))];
    const params = { provider: makers.provider(of[0]?.provider ?? ""), when: first === last ? first : t("unknown.ask.times", { first, last }), cost: likelyCost(of, text) };
    return n("unknown.ask.of", of.length, params);
  };
  const words = doubts.some((each) => each.words);
  return (
    <form className="stack" noValidate onSubmit={(event) => { event.preventDefault(); decide(); }}>
      <div role="alert">{taken > 0 && <div className="warned"><Icon name="conflict" /><div>{n("unknown.ask.taken", taken)}</div></div>}</div>
      {doubts.length === 1 && <p><b dir="auto">{doubts[0]?.about}</b></p>}
      {byProvider(doubts).map(([provider, of]) => <p key={provider}>{told(of)}</p>)}
      {charged && <div className="bill">
        <TextField className="field" value={amount} onChange={(to) => { setAmount(to); setWrong(null); }} isInvalid={wrong !== null && wrong !== "currency"} autoFocus={asked.amount} inputMode="decimal">
          <Label>{t(doubts.length > 1 ? "unknown.bill.each" : "unknown.bill")}</Label><Input ref={fields.amount} placeholder="0.0317" autoComplete="off" />
          {!asked.amount && <Hint slot="description" className="quiet">{t("unknown.bill.empty")}</Hint>}
          <FieldError className="field-error">{t(wrong === "nothing" ? "unknown.bill.nothing" : wrong === "large" ? "unknown.bill.large" : "unknown.bill.bad", { most: number(999_999_999) })}</FieldError></TextField>
        <TextField className="field" value={currency} onChange={(to) => { setCurrency(to); setWrong(null); }} isInvalid={wrong === "currency"}>
          <Label>{t("unknown.bill.currency")}</Label><Input ref={fields.currency} placeholder="USD" maxLength={3} autoComplete="off" autoCapitalize="characters" />
          <FieldError className="field-error">{t("unknown.bill.bad_currency")}</FieldError></TextField>
      </div>}
      <div role="status">{other && <div className="warned"><Icon name="conflict" /><div>{t("unknown.bill.other", other)}</div></div>}</div>
      {charged ? <p role="status">{typeof read === "string" ? "" : t("unknown.ask.counted", { cost: counted(doubts, read, text) })}</p>
        : <p>{t("unknown.ask.lacks", { cost: likelyCost(doubts, text) })}</p>}
      <div className="quiet"><p>{t(charged ? "unknown.ask.again" : "unknown.ask.twice")}</p>{words && <p>{t("unknown.ask.words")}</p>}<p>{t("unknown.ask.final")}</p></div>
      <div className="row end"><Button className="button" autoFocus={!asked.amount} onPress={onClose}>{t("unknown.ask.not")}</Button>
        <Button className="button primary" type="submit">{n(charged ? "unknown.do.paid" : "unknown.do.free", doubts.length)}</Button></div>
    </form>
  );
}
