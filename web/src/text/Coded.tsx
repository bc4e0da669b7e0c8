/** A sentence in which what stands between backticks is to be typed. */
export const Coded = ({ children }: { children: string }) => <>{children.split("`").map((each, at) => (at % 2 ? <code key={at}>{each}</code> : each))}</>;
