/** The state after a step, as a tree in which what the step changed is marked and open, and the rest is folded. */
import { useState } from "preact/hooks";
import { format } from "../report/itf.ts";
import type { Itf } from "../search/result.ts";
import { changeCount, childrenOf, type Difference, differencesOf, hasParts, matches } from "./difference.ts";
import type { View } from "./view.ts";

export function StatePanel({ view }: { readonly view: View }) {
  const step = view.step.value;
  if (step === null) return null;
  const text = view.search.value.trim();
  const changedOnly = view.changedOnly.value;
  const all = differencesOf(view.before.value?.state ?? null, step.state);
  const shown = all.filter(
    (one) => (!changedOnly || one.mark !== "same") && (text === "" || matches(one, text)),
  );
  const changed = all.reduce((sum, one) => sum + changeCount(one), 0);
  return (
    <section class="panel state" aria-labelledby="state-title">
      <div class="panel-head">
        <h2 id="state-title">
          State {view.before.value === null ? "at the start" : `after step ${step.step}`}
        </h2>
        <span class="faint">
          {view.before.value === null ? "" : changed === 0 ? "nothing changed" : `${changed} changed`}
        </span>
      </div>
      <div class="state-tools">
        <label class="search">
          <span class="hidden">Search in the state</span>
          <input
            id="state-search"
            type="search"
            placeholder="Search names and values  ( / )"
            value={view.search.value}
            onInput={(event) => {
              view.search.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={changedOnly}
            onChange={(event) => {
              view.changedOnly.value = event.currentTarget.checked;
            }}
          />
          changes only
        </label>
      </div>
      <div class="tree">
        {shown.map((one) => (
          <Branch key={one.label} one={one} text={text} changedOnly={changedOnly} depth={0} />
        ))}
        {shown.length === 0 && (
          <p class="faint">
            {text === "" ? "This step changes nothing." : `Nothing here contains “${text}”.`}
          </p>
        )}
      </div>
    </section>
  );
}

interface BranchProps {
  readonly one: Difference;
  readonly text: string;
  readonly changedOnly: boolean;
  readonly depth: number;
}

// Values that differ are opened down to this depth; below, one line for each side is clearer.
const DEPTH_MAX = 8;

function Branch({ one, text, changedOnly, depth }: BranchProps) {
  const children = hasParts(one.after ?? one.before) ? childrenOf(one) : [];
  const inside = text !== "" && children.some((child) => matches(child, text) && !named(child, text, one));
  const automatic = (one.mark === "changed" && depth < DEPTH_MAX) || inside;
  const [chosen, choose] = useState<boolean | null>(null);
  const open = chosen ?? automatic;
  if (children.length === 0 || (one.mark !== "same" && one.mark !== "changed"))
    return <Leaf one={one} text={text} />;
  const rest = children.filter((child) => !changedOnly || child.mark !== "same");
  const found = inside ? rest.filter((child) => matches(child, text)) : rest;
  // Many equal owners and items say nothing one by one: they are told in one line each.
  return (
    <details
      class={`branch ${one.mark}`}
      open={open}
      onToggle={(event) => {
        if (event.currentTarget.open !== open) choose(event.currentTarget.open);
      }}
    >
      <summary>
        <Name one={one} text={text} />
        {!open && <Value value={one.after ?? one.before} text={text} />}
        {open && one.mark === "changed" && <span class="hidden">, changed</span>}
      </summary>
      {open && (
        <div class="children">
          {found.map((child, at) => (
            <Branch
              key={`${at} ${child.label}`}
              one={child}
              text={text}
              changedOnly={changedOnly}
              depth={depth + 1}
            />
          ))}
        </div>
      )}
    </details>
  );
}

/** Whether a child is found only because the path of its parent contains the text. */
function named(child: Difference, text: string, parent: Difference): boolean {
  const wanted = text.toLowerCase();
  const own = [
    child.label,
    ...[child.before, child.after].flatMap((value) => (value === undefined ? [] : [format(value)])),
  ];
  return parent.path.toLowerCase().includes(wanted) && !own.some((one) => one.toLowerCase().includes(wanted));
}

function Leaf({ one, text }: { readonly one: Difference; readonly text: string }) {
  return (
    <div class={`leaf ${one.mark}`}>
      <Name one={one} text={text} />
      <Change before={one.before} after={one.after} same={one.mark === "same"} text={text} />
    </div>
  );
}

interface ChangeProps {
  readonly before: Itf | undefined;
  readonly after: Itf | undefined;
  readonly same: boolean;
  readonly text?: string;
}

/** A value, or both of it: struck out and inserted, so that it reads without colour and aloud. */
export function Change({ before, after, same, text = "" }: ChangeProps) {
  if (same) return <Value value={after} text={text} />;
  return (
    <span class="change">
      {before !== undefined && (
        <del>
          <Value value={before} text={text} />
        </del>
      )}
      {before !== undefined && after !== undefined && (
        <span class="to" aria-hidden="true">
          {" → "}
        </span>
      )}
      {after !== undefined && (
        <ins>
          <Value value={after} text={text} />
        </ins>
      )}
    </span>
  );
}

function Name({ one, text }: { readonly one: Difference; readonly text: string }) {
  if (one.label === "") return null;
  return (
    <span class="name" title={one.path}>
      <Marked of={one.label} text={text} />
    </span>
  );
}

function Value({ value, text }: { readonly value: Itf | undefined; readonly text: string }) {
  return (
    <span class="value">
      <Marked of={value === undefined ? "" : format(value)} text={text} />
    </span>
  );
}

/** A text with what is searched for marked in it. */
function Marked({ of, text }: { readonly of: string; readonly text: string }) {
  if (text === "") return <>{of}</>;
  const parts: (string | { readonly hit: string })[] = [];
  const lower = of.toLowerCase();
  const wanted = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(of.slice(from, at), { hit: of.slice(at, at + text.length) });
    from = at + text.length;
  }
  parts.push(of.slice(from));
  return (
    <>{parts.map((part, at) => (typeof part === "string" ? part : <mark key={`${at}`}>{part.hit}</mark>))}</>
  );
}
