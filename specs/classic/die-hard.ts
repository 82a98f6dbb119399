/**
 * Die Hard: measure exactly four gallons with a jug of three, a jug of five, and a fountain.
 *
 * Source: the puzzle of the film "Die Hard with a Vengeance" (1995); DieHard in tlaplus/Examples.
 * Abstracted away: everything but how much water is in each jug; there is no network.
 * Bounds: none; the model is finite.
 *
 * BigIsNot4: the big jug never holds four gallons. It is false, and its counterexample solves the puzzle.
 */
import { defineSpec } from "dscheck";

const SMALL = 3;
const BIG = 5;

export default defineSpec({
  name: "die-hard",
  summary: "the puzzle of the two water jugs; the counterexample is its solution",
  source: "tlaplus/Examples, specifications/DieHard",
  parameters: {},
  model(m) {
    const small = m.cell<number>("small", 0);
    const big = m.cell<number>("big", 0);

    // Someone fills the small jug at the fountain.
    m.action("FillSmall", {}, (s) => s.set(small, SMALL));

    // Someone fills the big jug at the fountain.
    m.action("FillBig", {}, (s) => s.set(big, BIG));

    // Someone pours the small jug out; its water is lost.
    m.action("EmptySmall", {}, (s) => s.set(small, 0));

    // Someone pours the big jug out; its water is lost.
    m.action("EmptyBig", {}, (s) => s.set(big, 0));

    // Someone pours the small jug into the big one until that is full or this is empty.
    m.action("SmallToBig", {}, (s) => {
      const poured = Math.min(s.get(small), BIG - s.get(big));
      return s.update(small, (water) => water - poured).update(big, (water) => water + poured);
    });

    // Someone pours the big jug into the small one until that is full or this is empty.
    m.action("BigToSmall", {}, (s) => {
      const poured = Math.min(s.get(big), SMALL - s.get(small));
      return s.update(big, (water) => water - poured).update(small, (water) => water + poured);
    });

    m.invariant(
      "NoJugOverflows",
      (s) => s.get(small) >= 0 && s.get(small) <= SMALL && s.get(big) >= 0 && s.get(big) <= BIG,
      { meaning: "a jug holds at least nothing and at most its size" },
    );
    m.invariant("BigIsNot4", (s) => s.get(big) !== 4, {
      meaning: "false on purpose: a counterexample shows how to measure four gallons",
    });
  },
});
