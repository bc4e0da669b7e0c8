// Counts which parts of the page React draws anew: as its developer tools do, by what each commit did.
// `drawn`: text of a batch's heading → how many components within it were drawn once more, not for the first time.
(() => {
    const FUNCTION = new Set([0, 11, 14, 15]), DREW = 1;
    let before = new Set();
    window.drawn = {};
    const first = (fiber) => {
        for (let each = fiber; each; each = each.child) if (each.stateNode instanceof Element) return each.stateNode;
        return null;
    };
    const note = (fiber) => {
        const name = first(fiber)?.closest(".batch")?.querySelector("h2")?.textContent;
        if (name) window.drawn[name] = (window.drawn[name] ?? 0) + 1;
    };
    const onCommitFiberRoot = (_, root) => {
        const now = new Set(), rest = [root.current];
        while (rest.length) {
            const fiber = rest.pop();
            now.add(fiber);
            const again = !before.has(fiber) && before.has(fiber.alternate);
            if (again && FUNCTION.has(fiber.tag) && fiber.flags & DREW) note(fiber);
            if (fiber.sibling) rest.push(fiber.sibling);
            if (fiber.child) rest.push(fiber.child);
        }
        before = now;
    };
    window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
        supportsFiber: true, renderers: new Map(), inject: () => 1, checkDCE() {}, onCommitFiberUnmount() {}, onPostCommitFiberRoot() {}, onCommitFiberRoot,
    };
})();
