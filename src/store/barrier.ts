/**
 * The barrier at which all workers meet. The last to arrive runs the serial section, in which it alone
 * touches shared memory, and then lets the others go on.
 */
import { CONTROL } from "./memory.ts";

export class Barrier {
  readonly #control: Int32Array;
  readonly #workers: number;

  constructor(control: Int32Array, workers: number) {
    this.#control = control;
    this.#workers = workers;
  }

  /** Waits for all workers; `serial` runs in one of them while the others wait. */
  meet(serial: () => void): void {
    const control = this.#control;
    const round = Atomics.load(control, CONTROL.round);
    // Pairs with the loads of the other workers' arrivals: all their writes before are visible to the last.
    if (Atomics.add(control, CONTROL.arrived, 1) === this.#workers - 1) {
      try {
        serial();
      } finally {
        Atomics.store(control, CONTROL.arrived, 0);
        // Pairs with the waits below: they see all that the serial section wrote.
        Atomics.add(control, CONTROL.round, 1);
        Atomics.notify(control, CONTROL.round);
      }
      return;
    }
    while (Atomics.load(control, CONTROL.round) === round) Atomics.wait(control, CONTROL.round, round);
  }
}
