/** What providers can do, as far as it is told. Pure. */
import type { Model, Provider } from "../api/types";

/** Providers with the models that make pictures, as far as is known; without those that only talk. */
export const painting = (providers: readonly Provider[]): Provider[] => providers
  .map((each) => ({ ...each, models: each.models.filter((model) => model.can === null || model.can.includes("paint")) }))
  .filter((each, index) => each.models.length > 0 || providers[index]?.models.length === 0);

export interface Speaker { provider: string; model: Model }
/** Who answers in words for nothing: the first of which that is told, else the first of which nobody tells. */
export function speaker(providers: readonly Provider[]): Speaker | null {
  const free = providers.flatMap((each) => each.models.filter((model) => !model.retired && model.price.basis === "free").map((model) => ({ provider: each.name, model })));
  return free.find(({ model }) => model.can?.includes("speak")) ?? free.find(({ model }) => model.can === null) ?? null;
}
