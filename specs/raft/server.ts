/**
 * Raft: what a server holds and what servers say to each other (Ongaro, Ousterhout 2014, figure 2).
 *
 * Everything here is a value or a pure function of values. A log is the list of the terms of its entries:
 * entry k, counted from 1 as in the paper, is `log.get(k - 1)`. Index and term identify an entry (section
 * 5.3), so entries need no content. Equal situations are equal values: what only a candidate or only a
 * leader uses is empty on every other server, where nothing reads it.
 */
import type { ModelValue } from "dscheck";
import { List, Map, Record, type RecordOf, Set } from "immutable";

export type Node = ModelValue<"node">;
export type Role = "follower" | "candidate" | "leader";
/** The terms of the entries. */
export type Log = List<number>;

export interface ServerFields {
  // Persistent state on all servers, "updated on stable storage before responding to RPCs".
  readonly currentTerm: number;
  readonly votedFor: Node | null;
  readonly log: Log;
  // Volatile state on all servers. There is no lastApplied: an entry is applied when it is known committed.
  readonly role: Role;
  readonly commitIndex: number;
  // Candidates: the servers whose votes were counted, itself included.
  readonly votesGranted: Set<Node>;
  // Leaders, for each other server: the next entry to send, the last entry known to be stored there,
  readonly nextIndex: Map<Node, number>;
  readonly matchIndex: Map<Node, number>;
  // whether an AppendEntries to it has not been answered, and the commit index in the last message to it.
  readonly awaiting: Set<Node>;
  readonly commitSent: Map<Node, number>;
}

export type ServerRecord = RecordOf<ServerFields>;

export const Server = Record<ServerFields>(
  {
    currentTerm: 0,
    votedFor: null,
    log: List(),
    role: "follower",
    commitIndex: 0,
    votesGranted: Set(),
    nextIndex: Map(),
    matchIndex: Map(),
    awaiting: Set(),
    commitSent: Map(),
  },
  "Server",
);

interface Header {
  readonly from: Node;
  readonly to: Node;
  readonly term: number;
}

export interface RequestVote extends Header {
  readonly type: "RequestVote";
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

export interface RequestVoteResponse extends Header {
  readonly type: "RequestVoteResponse";
  readonly granted: boolean;
}

export interface AppendEntries extends Header {
  readonly type: "AppendEntries";
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: Log;
  readonly leaderCommit: number;
}

export interface AppendEntriesResponse extends Header {
  readonly type: "AppendEntriesResponse";
  readonly success: boolean;
  /** On success: the last entry that the AppendEntries spoke of. */
  readonly matchIndex: number;
}

/** An AppendEntries without entries, whose answer would tell the leader nothing; so there is none. */
export interface Heartbeat extends Header {
  readonly type: "Heartbeat";
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly leaderCommit: number;
}

export type Message = RequestVote | RequestVoteResponse | AppendEntries | AppendEntriesResponse | Heartbeat;

/** The term of entry `index`; 0 before the first entry, null after the last. */
export function termAt(log: Log, index: number): number | null {
  return index === 0 ? 0 : (log.get(index - 1) ?? null);
}

export function lastTerm(log: Log): number {
  return log.last() ?? 0;
}

/** Whether a log that ends with entry `index` of `term` is at least as up to date as another (5.4.1). */
export function isUpToDate(term: number, index: number, other: Log): boolean {
  return term > lastTerm(other) || (term === lastTerm(other) && index >= other.size);
}

export function isPrefix(start: Log, log: Log): boolean {
  return start.size <= log.size && start.every((term, at) => log.get(at) === term);
}

/** The server as a follower in the same term. */
export function asFollower(me: ServerRecord): ServerRecord {
  return me.merge({
    role: "follower",
    votesGranted: Set(),
    nextIndex: Map(),
    matchIndex: Map(),
    awaiting: Set(),
    commitSent: Map(),
  });
}

/** "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to follower" (5.1). */
export function withTerm(me: ServerRecord, term: number): ServerRecord {
  return term > me.currentTerm ? asFollower(me).merge({ currentTerm: term, votedFor: null }) : me;
}
