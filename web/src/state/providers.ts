/** What providers can do, as far as it is told. Pure. */
import type { Provider } from "../api/types";

/** Providers with the models that make pictures, as far as is known; without those that only talk. */
export const painting = (providers: readonly Provider[]): Provider[] => providers
  .map((each) => ({ ...each, models: each.models.filter((model) => model.can === null || model.can.includes("paint")) }))
  .filter((each, index) => each.models.length > 0 || providers[index]?.models.length === 0);
