/** A defect in one view leaves the rest of the page standing, and says so. */
import { Component, type ErrorInfo, type ReactNode } from "react";
import { Button } from "react-aria-components";
import { useText } from "../text/text";
import { Icon } from "./Icon";

function Broken({ error }: { error: Error }) {
  const { t } = useText();
  return (
    <div className="alone" role="alert">
      <Icon name="conflict" size={40} />
      <h1>{t("broken.title")}</h1>
      <p>{t("broken.how")}</p>
      <pre><code>{error.message}</code></pre>
      <Button className="button primary" onPress={() => location.reload()}>{t("broken.reload")}</Button>
    </div>
  );
}

export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("A view failed:", error, info.componentStack);
  }
  override render(): ReactNode {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}
