// Everything a page may try against ours; each try answers what it got hold of, or nothing.
async ({ home, workspace, asset, blob }) => {
    const got = {};
    const keep = async (name, doing) => {
        try { got[name] = await Promise.race([doing(), new Promise((done) => setTimeout(() => done(null), 1500))]); }
        catch { got[name] = null; }
    };
    const api = home + "/api/v1";
    const reads = [home + "/", home + "/openapi.json", home + "/metrics", api + "/status", api + "/settings",
        `${api}/w/${workspace}/assets`, `${api}/w/-/assets/${asset}`, `${api}/w/-/blobs/${blob}`, api + "/events"];
    for (const url of reads)
        for (const [name, init] of Object.entries({
            plain: {}, cookies: { credentials: "include" }, opaque: { mode: "no-cors", credentials: "include" },
            asking: { headers: { "X-Gesso": "1" } } }))
            await keep(`fetch ${name} ${url}`, async () => {
                const answer = await fetch(url, init);
                return answer.type === "opaque" ? (await answer.text()) || null : `${answer.status} ${await answer.text()}`;
            });
    const writes = [[`${api}/w/-/assets/bin`, JSON.stringify({ assets: [asset] })], [`${api}/stop`, "{}"],
        [`${api}/w/-/undo`, "{}"], [`${api}/settings`, '{"theme":"dark"}'], [`${api}/launch`, "{}"], [`${api}/w/-/rebuild`, ""],
        [`${api}/w/-/uploads?name=x.png`, "x"]];
    for (const [url, body] of writes)
        for (const type of ["text/plain", "application/json", "application/x-www-form-urlencoded"])
            for (const mode of ["cors", "no-cors"])
                await keep(`write ${mode} ${type} ${url}`, async () => {
                    const answer = await fetch(url, { method: "POST", mode, credentials: "include", headers: { "Content-Type": type }, body });
                    return answer.type === "opaque" ? null : String(answer.status);
                });
    await keep("beacon", async () => { navigator.sendBeacon(`${api}/stop`, "{}"); return null; });
    await keep("delete", async () => String((await fetch(`${api}/session`, { method: "DELETE", credentials: "include" })).status));
    const element = (tag, attribute, url) => new Promise((done) => {
        const each = document.createElement(tag);
        each.onload = () => done(tag === "iframe" ? inside(each) : "loaded");
        each.onerror = () => done(null);
        each[attribute] = url;
        document.body.append(each);
    });
    const inside = (frame) => { try { return frame.contentDocument?.body?.innerText || null; } catch { return null; } };
    for (const url of [`${api}/w/-/blobs/${blob}`, home + "/favicon.svg", api + "/status"]) await keep(`img ${url}`, () => element("img", "src", url));
    for (const url of [home + "/theme.js", api + "/status"]) await keep(`script ${url}`, () => element("script", "src", url));
    for (const url of [home + "/", api + "/status", `${api}/w/-/blobs/${blob}`]) await keep(`iframe ${url}`, () => element("iframe", "src", url));
    await keep("object", () => element("object", "data", home + "/"));
    await keep("style", () => { const each = document.createElement("link"); each.rel = "stylesheet"; each.href = home + "/";
        return new Promise((done) => { each.onload = () => done("loaded"); each.onerror = () => done(null); document.head.append(each); }); });
    await keep("EventSource", () => new Promise((done) => { const each = new EventSource(api + "/events", { withCredentials: true });
        each.onopen = () => done("open"); each.onmessage = (event) => done(event.data); each.onerror = () => { each.close(); done(null); }; }));
    for (const path of ["/", "/api/v1/events"])
        await keep(`WebSocket ${path}`, () => new Promise((done) => { const each = new WebSocket(home.replace("http", "ws") + path);
            each.onopen = () => done("open"); each.onmessage = (event) => done(event.data); each.onerror = () => done(null); }));
    for (const [method, type] of [["POST", "text/plain"], ["POST", "multipart/form-data"], ["GET", ""]])
        await keep(`form ${method} ${type}`, () => new Promise((done) => {
            const frame = document.createElement("iframe"); frame.name = `f${Math.random()}`;
            const form = document.createElement("form");
            Object.assign(form, { method, enctype: type, action: `${api}/w/-/undo`, target: frame.name });
            const field = document.createElement("input"); field.name = '{"action":null,"x":"'; field.value = '"}'; form.append(field);
            document.body.append(frame, form);
            frame.onload = () => setTimeout(() => done(inside(frame)), 50);
            form.submit();
        }));
    return got;
}
