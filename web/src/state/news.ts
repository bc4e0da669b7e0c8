/** News by their subject, for parts of the page that wait for one thing. */

const hearers = new Map<string, Set<() => void>>();

/** `*`: of many, perhaps of this one. */
export function tellOf(subject: string): void {
  const those = subject === "*" ? [...hearers.values()].flatMap((each) => [...each]) : [...(hearers.get(subject) ?? [])];
  for (const each of those) each();
}

export function onNewsOf(subject: string, hearer: () => void): () => void {
  const those = hearers.get(subject) ?? new Set();
  hearers.set(subject, those.add(hearer));
  return () => {
    those.delete(hearer);
    if (!those.size) hearers.delete(subject);
  };
}
