/** From a bare tab to the signed-in application: launch code, language, theme, status. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { ApiError, get, post } from "./api/client";
import type { Preferences, Status } from "./api/types";
import { decoded } from "./state/route";
import { SessionProvider } from "./state/session";
import { guess, load, TextContext, type Language, type Text } from "./text/text";
import { Shell } from "./views/Shell";
import { SignedOut, Stopped } from "./views/SignedOut";

/** The code is used once: StrictMode's second run and a reload must not send it again. */
let entering: Promise<void> | null = null;

function enter(): Promise<void> {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (!code) return Promise.resolve();
  history.replaceState(null, "", `${location.pathname}#/`);
  return post("/session", { code: decoded(code) }).then(
    () => undefined,
    (error: unknown) => {
      // A session of this browser may still stand: the status answers 401 when it does not.
      console.info("The launch code was refused:", error instanceof ApiError ? error.code : error);
    },
  );
}

interface Begun { status: Status; preferences: Preferences }

async function begin(): Promise<Begun> {
  await (entering ??= enter());
  // One after the other: what is told of changes begins where the status was read, and what was read before it may be older.
  const status = await get<Status>("/status");
  return { status, preferences: await get<Preferences>("/settings") };
}

function useLanguage(chosen: Language | null): Text | null {
  const [text, setText] = useState<Text | null>(null);
  const language = chosen ?? guess(navigator.languages);
  useEffect(() => {
    let current = true;
    void load(language).then((loaded) => {
      document.documentElement.lang = language;
      if (current) setText(loaded);
    });
    return () => { current = false; };
  }, [language]);
  return text;
}

function useTheme(theme: Preferences["theme"] | undefined): void {
  useEffect(() => {
    if (!theme) return;
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("gesso.theme", theme);
  }, [theme]);
}

export function App() {
  const begun = useQuery({ queryKey: ["status"], queryFn: begin, retryDelay: 2000, refetchInterval: (query) => (query.state.error ? 3000 : false) });
  const text = useLanguage(begun.data?.preferences.language ?? null);
  useTheme(begun.data?.preferences.theme);
  if (!text || (begun.isPending && !begun.error)) return null;
  const refused = begun.error instanceof ApiError && begun.error.status === 401;
  return (
    <I18nProvider locale={text.language === "en" ? "en-US" : "zh-TW"}>
      <TextContext value={text}>
        {refused ? <SignedOut /> : begun.data ? (
          <SessionProvider key={begun.data.status.workspace.id} status={begun.data.status}>
            <Shell />
          </SessionProvider>
        ) : <Stopped onRetry={() => void begun.refetch()} />}
      </TextContext>
    </I18nProvider>
  );
}
