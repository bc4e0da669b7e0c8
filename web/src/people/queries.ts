/** What the page asks about the people of the workspace. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove } from "../api/client";
import type { Changed, Invitation, Invited, Kit, KitInfo, Member, Quarantined, Role } from "../api/types";
import { useSession } from "../state/session";

/** The calls of a workspace about its people. */
export function peopleOf(workspace: string) {
  const w = `/w/${encodeURIComponent(workspace)}`;
  return {
    members: () => get<{ members: Member[] }>(`${w}/members`).then((answer) => answer.members),
    change: (id: string, to: { role?: Role; name?: string }) => patch<Member>(`${w}/members/${id}`, to),
    remove: (id: string) => remove<Changed>(`${w}/members/${id}`),
    invitations: () => get<{ invitations: Invitation[] }>(`${w}/invitations`).then((answer) => answer.invitations),
    invite: (name: string, role: Role, hours: number) => post<Invited>(`${w}/invitations`, { name, role, hours }),
    withdraw: (id: string) => remove(`${w}/invitations/${id}`),
    kits: () => get<{ kits: KitInfo[] }>(`${w}/recovery`).then((answer) => answer.kits),
    makeKit: () => post<Kit>(`${w}/recovery`, {}),
    quarantine: () => get<{ quarantine: Quarantined[] }>(`${w}/quarantine`).then((answer) => answer.quarantine),
    decide: (device: string, decision: "accept" | "discard") => post<Changed>(`${w}/quarantine`, { device, decision }),
  };
}

/** All of it at once, and how to ask for it again after a change. */
export function usePeople() {
  const { workspace } = useSession();
  const queries = useQueryClient();
  const calls = peopleOf(workspace);
  const key = (name: string) => ({ queryKey: [workspace, "people", name] });
  return {
    calls,
    members: useQuery({ ...key("members"), queryFn: calls.members }),
    invitations: useQuery({ ...key("invitations"), queryFn: calls.invitations }),
    kits: useQuery({ ...key("kits"), queryFn: calls.kits }),
    quarantine: useQuery({ ...key("quarantine"), queryFn: calls.quarantine }),
    /** Does something, and then asks for everything again. Answers null: nothing of it is taken back by undo. */
    then: async (doing: Promise<unknown>) => { await doing; await queries.invalidateQueries({ queryKey: [workspace, "people"] }); return null; },
  };
}

export type People = ReturnType<typeof usePeople>;
