/** What `dscheck explore` tells above the page: the search for violations, the present state, what has changed. */
import type { SearchStatus } from "../explore/api.ts";
import { grouped, plural } from "../report/layout.ts";
import type { ExploreSnapshot, LiveSource } from "./live.ts";

interface BarProps {
  readonly source: LiveSource;
  readonly now: ExploreSnapshot;
  readonly file: string;
}

export function ExploreBar({ source, now, file }: BarProps) {
  return (
    <>
      {!now.isThere && (
        <div class="explore-line gone" role="alert">
          dscheck explore no longer answers. Start it again, and open the link that it prints; “run it again”
          below leads to this path.
        </div>
      )}
      {now.isThere && now.status.isOutdated && (
        <div class="explore-line warn" role="status">
          {file}, or a file that it imports, has changed since it was loaded.
          <button type="button" onClick={() => source.reload()}>
            Load it again
          </button>
        </div>
      )}
      {now.notice !== null && (
        <div class="explore-line warn" role="status">
          {now.notice}
          <button type="button" onClick={() => source.dismissNotice()}>
            Understood
          </button>
        </div>
      )}
      <section class="explore-line" aria-label="Search and present state">
        <Search source={source} search={now.status.search} />
        <span class="grow" />
        <Here now={now} />
      </section>
    </>
  );
}

function Search({ source, search }: { readonly source: LiveSource; readonly search: SearchStatus }) {
  const start = (label: string) => (
    <button type="button" onClick={() => source.startSearch()}>
      {label}
    </button>
  );
  switch (search.state) {
    case "none":
      return start("Search for violations");
    case "running":
      return (
        <>
          <span role="status">
            Searching: {plural(search.distinct, "distinct state")}, depth {grouped(search.depth)},{" "}
            {search.seconds.toFixed(0)} s
          </span>
          <button type="button" onClick={() => source.stopSearch()}>
            Stop
          </button>
        </>
      );
    case "failed":
      return (
        <>
          <span class="message" role="alert">
            The search failed: {search.message}
          </span>
          {start("Search again")}
        </>
      );
    case "done":
      return (
        <>
          <span role="status">{search.summary}</span>
          {search.found.map((found) => (
            <button
              key={found.kind + found.property + found.instance}
              type="button"
              class="explore-found"
              title={found.title}
              onClick={() => source.openTrace(found)}
            >
              {found.property}
              {found.instance}, {plural(found.path.length - 1, "step")}
            </button>
          ))}
          {start("Search again")}
        </>
      );
  }
}

/** What holds in the state at the end of the path. */
function Here({ now: { reached, outside, isCut } }: { readonly now: ExploreSnapshot }) {
  return (
    <span class="explore-here">
      {reached.map((name) => (
        <span key={name} class="badge good">
          {name} is reached
        </span>
      ))}
      {outside.map((name) => (
        <span key={name} class="badge note">
          outside {name}: a search does not go on from here
        </span>
      ))}
      {isCut && <span class="badge note">a bound or budget rules steps out here</span>}
    </span>
  );
}
