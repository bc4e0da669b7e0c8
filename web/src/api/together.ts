/** What is asked for one by one at the same time goes out in one request. */

interface Waiting<T> { done: (found: T | undefined) => void; failed: (why: unknown) => void }

/** `ask` is given at most so many ids at once, each once, and answers what there is of them. One that there is not is undefined. */
export function together<T>(ask: (ids: string[]) => Promise<ReadonlyMap<string, T>>, most: number): (id: string) => Promise<T | undefined> {
  const waiting = new Map<string, Waiting<T>[]>();
  const send = () => {
    const all = [...waiting];
    waiting.clear();
    for (let at = 0; at < all.length; at += most) {
      const some = all.slice(at, at + most), those = some.flatMap(([id, each]) => each.map((one) => ({ id, ...one })));
      ask(some.map(([id]) => id)).then(
        (found) => { for (const { id, done } of those) done(found.get(id)); },
        (why: unknown) => { for (const { failed } of those) failed(why); },
      );
    }
  };
  return (id) => new Promise((done, failed) => {
    if (!waiting.size) queueMicrotask(send);
    waiting.set(id, [...(waiting.get(id) ?? []), { done, failed }]);
  });
}
