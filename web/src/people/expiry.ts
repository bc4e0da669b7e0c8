/** How long an invitation is good. Pure. */
import type { Invitation } from "../api/types";

/** What is offered; who says nothing gives two days. */
export const HOURS = [1, 48, 720] as const;
export type Hours = (typeof HOURS)[number];

/** One that was listed as open has expired since, where its time is over. */
export const stateOf = ({ state, expires }: Pick<Invitation, "state" | "expires">, now: number): Invitation["state"] => (state === "open" && now >= expires ? "expired" : state);
