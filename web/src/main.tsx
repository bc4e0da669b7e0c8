/** Begins the page: lets the browser in, chooses the language, then shows the application. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

const queries = new QueryClient({
  // The daemon is on this machine: that this one is on no network keeps nobody from asking it.
  defaultOptions: { queries: { networkMode: "always", retry: false, refetchOnWindowFocus: false, staleTime: 5_000 } },
});
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
