/** What this device's role in the workspace allows. The log enforces it on every device; the page only shows no more than that. */
import { createContext, use, useMemo, type ReactNode } from "react";
import type { Role } from "../api/types";

/** `write`: what editors do · `comment`: what reviewers do · `admin`: letting people in, changing and removing them. */
export interface May { role: Role; write: boolean; comment: boolean; admin: boolean }

export function mayOf(role: Role): May {
  const write = role === "admin" || role === "editor";
  return { role, write, comment: write || role === "reviewer", admin: role === "admin" };
}

const MayContext = createContext<May>(mayOf("none"));

/** The same as long as the role is. */
export const useMay = (): May => use(MayContext);

export function Allowed({ role, children }: { role: Role; children: ReactNode }) {
  return <MayContext value={useMemo(() => mayOf(role), [role])}>{children}</MayContext>;
}

/** Only there for who may change the library. */
export function Writers({ children }: { children: ReactNode }) {
  return useMay().write ? children : null;
}
