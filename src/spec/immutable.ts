/**
 * `immutable` as a spec file sees it: the library itself, with a `Record` that registers every type when
 * it is made. The loader gives a spec this `Record` in place of the library's.
 */
import { Record as OriginalRecord } from "immutable";
import { registerRecordType } from "./record-types.ts";

type Factory = (fields?: Record<string, unknown>) => Parameters<typeof registerRecordType>[0];

function registered(factory: unknown): unknown {
  registerRecordType((factory as Factory)());
  return factory;
}

const RegisteringRecord: typeof OriginalRecord = new Proxy(OriginalRecord, {
  apply: (target, self, given) => registered(Reflect.apply(target as never, self, given)),
  construct: (target, given) => registered(Reflect.construct(target as never, given)) as object,
});

export { RegisteringRecord as Record };
