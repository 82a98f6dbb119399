/** Starts a search in worker threads and waits for its result. */
import type { LoadedSpec, SearchHooks, SearchOptions, SearchResult } from "./result.ts";

export async function search(
  _spec: LoadedSpec,
  _options: SearchOptions,
  _hooks: SearchHooks = {},
): Promise<SearchResult> {
  throw new Error("the parallel search is being written");
}
