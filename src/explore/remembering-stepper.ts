/**
 * A Stepper that remembers what it has told of the states that were asked for last. Successors of a state are the
 * same objects as long as it is remembered, so that what is derived from one can be kept beside it.
 */

import { type Expansion, type Parts, Stepper } from "../search/stepper.ts";
import type { Model } from "../spec/model.ts";

export class RememberingStepper extends Stepper {
  readonly #expansions: Recent<Expansion>;
  readonly #keys = new WeakMap<Parts, string>();
  #initial: readonly Parts[] | null = null;

  constructor(model: Model, statesMax: number) {
    super(model);
    this.#expansions = new Recent(statesMax);
  }

  override initialStates(): Parts[] {
    this.#initial ??= super.initialStates();
    return [...this.#initial];
  }

  override expand(parts: Parts): Expansion {
    return this.#expansions.get(this.keyOf(parts), () => super.expand(parts));
  }

  override keyOf(parts: Parts): string {
    let key = this.#keys.get(parts);
    if (key === undefined) {
      key = super.keyOf(parts);
      this.#keys.set(parts, key);
    }
    return key;
  }
}

/** Values by key; of more than `countMax` the one that was asked for longest ago is forgotten. */
export class Recent<Value> {
  readonly #countMax: number;
  readonly #values = new Map<string, Value>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get(key: string, make: () => Value): Value {
    const value = this.#values.has(key) ? this.#values.get(key)! : make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#countMax) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }
}
