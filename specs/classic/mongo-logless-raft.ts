/**
 * MongoLoglessDynamicRaft: elections and membership changes in MongoDB, with the configuration outside the log.
 *
 * Source: Schultz, Dardik, Tripakis, "Design and analysis of a logless dynamic reconfiguration protocol",
 * OPODIS 2021, and their specification MongoLoglessDynamicRaft.
 * Abstracted away: the operation log, messages, time and restarts. A vote of a quorum is one atomic step, and
 * a node copies a configuration or a term straight out of another node's state.
 * Network: none. Copying may happen late, in any order or never, which covers loss and delay.
 * Bounds: maxTerm and maxVersion, as constraints. Every non-empty set of servers is an initial configuration.
 *
 * ElectionSafety: no two servers are primaries of the same term. TermsNeverDecrease and
 * ConfigurationsNeverGoBack: no server returns to an older term, or to an older configuration in the order of
 * (configTerm, configVersion).
 */
import { defineSpec, integer, type Value, value } from "dscheck";
import { Set as ImmutableSet } from "immutable";

export default defineSpec({
  name: "mongo-logless-raft",
  summary: "MongoDB's logless reconfiguration: at most one primary in a term, while the members change",
  source: "Schultz, Dardik, Tripakis: A logless dynamic reconfiguration protocol, OPODIS 2021",
  parameters: {
    nodes: integer({ default: 3, min: 1, max: 6, meaning: "servers, members or not" }),
    maxTerm: integer({ default: 2, min: 1, max: 10, meaning: "the highest term of a server" }),
    maxVersion: integer({ default: 2, min: 1, max: 10, meaning: "the highest version of a configuration" }),
  },
  model(m, p) {
    const servers = m.scalarset("server", p.nodes);
    type Server = (typeof servers.members)[number];
    type Members = ImmutableSet<Server>;
    interface Config {
      readonly term: number;
      readonly version: number;
      readonly members: Members;
    }

    const configurations: Members[] = [];
    for (let size = 1; size <= servers.size; size++)
      configurations.push(...servers.subsets(size).map((members) => ImmutableSet(members)));

    const quorumsOf = (members: Members): Members[] =>
      configurations.filter((quorum) => quorum.isSubset(members) && quorum.size * 2 > members.size);
    const quorumsOverlap = (one: Members, other: Members): boolean =>
      quorumsOf(one).every((quorum) => quorumsOf(other).every((q) => q.some((server) => quorum.has(server))));

    const isNewer = (one: Config, other: Config): boolean =>
      one.term > other.term || (one.term === other.term && one.version > other.version);

    const role = m.perNode<Server, "secondary" | "primary">("role", servers, "secondary");
    const currentTerm = m.perNode("currentTerm", servers, 0);
    const config = m.perNode<Server, Value<Config>>(
      "config",
      servers,
      value({ term: 0, version: 1, members: ImmutableSet(servers) }),
    );

    m.initial((s) =>
      configurations.map((members) =>
        servers.members.reduce((next, i) => next.set(config, i, value({ term: 0, version: 1, members })), s),
      ),
    );

    // Primary i installs the members c, after a quorum has its configuration and a quorum its term (once for each
    // pair of such quorums).
    m.action("Reconfig", { i: servers, c: configurations }, (s, { i, c }) => {
      if (!c.has(i) || s.get(role, i) !== "primary") return;
      const current = s.get(config, i);
      if (!quorumsOverlap(current.members, c)) return;
      const term = s.get(currentTerm, i);
      const quorums = quorumsOf(current.members);
      const inTerm = quorums.filter((q) => q.every((t) => s.get(currentTerm, t) === term));
      if (inTerm.length === 0) return;
      const configured = quorums.filter((q) =>
        q.every(
          (t) => s.get(config, t).version === current.version && s.get(config, t).term === current.term,
        ),
      );
      const next = s.set(config, i, value({ term, version: current.version + 1, members: c }));
      return configured.flatMap(() => inTerm.map(() => next));
    });

    // Secondary j takes over the newer configuration of server i.
    m.action("SendConfig", { i: servers, j: servers }, (s, { i, j }) => {
      if (i === j || s.get(role, j) !== "secondary") return;
      const sent = s.get(config, i);
      if (!isNewer(sent, s.get(config, j))) return;
      return s.set(config, j, sent);
    });

    // Server i is elected by quorum q of its own configuration, none of which has its next term or a newer
    // configuration; they all enter that term, and the configuration of i is carried into it.
    m.action("BecomeLeader", { i: servers, q: configurations }, (s, { i, q }) => {
      if (!q.has(i)) return;
      const mine = s.get(config, i);
      if (!quorumsOf(mine.members).some((quorum) => quorum.equals(q))) return;
      const term = s.get(currentTerm, i) + 1;
      if (!q.every((v) => s.get(currentTerm, v) < term && !isNewer(s.get(config, v), mine))) return;
      return q
        .reduce((next, v) => next.set(currentTerm, v, term).set(role, v, "secondary"), s)
        .set(role, i, "primary")
        .set(config, i, value({ ...mine, term }));
    });

    // Server j learns of a later term from server i and steps down.
    m.action("UpdateTerms", { i: servers, j: servers }, (s, { i, j }) => {
      const term = s.get(currentTerm, i);
      if (term <= s.get(currentTerm, j)) return;
      return s.set(currentTerm, j, term).set(role, j, "secondary");
    });

    m.constraint("maxTerm", (s) => servers.every((i) => s.get(currentTerm, i) <= p.maxTerm));
    m.constraint("maxVersion", (s) => servers.every((i) => s.get(config, i).version <= p.maxVersion));

    m.invariant(
      "ElectionSafety",
      { i: servers, j: servers },
      (s, { i, j }) =>
        i === j ||
        s.get(role, i) === "secondary" ||
        s.get(role, j) === "secondary" ||
        s.get(currentTerm, i) !== s.get(currentTerm, j),
      { meaning: "no two servers are primaries of the same term" },
    );

    m.stepProperty(
      "TermsNeverDecrease",
      { i: servers },
      (before, after, { i }) => before.get(currentTerm, i) <= after.get(currentTerm, i),
      { meaning: "no server returns to an older term" },
    );

    m.stepProperty(
      "ConfigurationsNeverGoBack",
      { i: servers },
      (before, after, { i }) => !isNewer(before.get(config, i), after.get(config, i)),
      { meaning: "no server returns to an older configuration" },
    );

    m.reachable(
      "MembersChanged",
      (s) =>
        servers.some((i) => servers.some((j) => !s.get(config, i).members.equals(s.get(config, j).members))),
      { expected: p.nodes > 1 && p.maxVersion > 1, meaning: "a primary can change the members" },
    );
  },
});
