/**
 * Recorded widths of levels: `levels` of the JSON document, each of a whole search (its verdict is "holds" or
 * "holds-within"). They stay as they are when a spec changes: they are samples of what searches look like.
 */
export const PROFILES: Readonly<Record<string, readonly number[]>> = {
  // dscheck specs/raft.ts --nodes 3 --set requests=1
  "raft, 3 nodes, 1 request": [1, 1, 3, 9, 19, 28, 49, 85, 124, 144, 168, 190, 209, 202, 155, 85, 38, 11, 2],
  // dscheck specs/raft.ts --nodes 4 --set requests=1
  "raft, 4 nodes, 1 request": [
    1, 1, 3, 9, 24, 42, 50, 56, 81, 146, 251, 346, 383, 446, 562, 685, 765, 822, 915, 1001, 935, 740, 470,
    247, 101, 29, 4,
  ],
  // dscheck specs/raft.ts --nodes 3 --set requests=2
  "raft, 3 nodes, 2 requests": [
    1, 1, 3, 9, 19, 29, 60, 124, 223, 338, 468, 631, 796, 945, 1000, 943, 881, 839, 736, 592, 402, 208, 82,
    26, 7, 2,
  ],
  // dscheck specs/raft.ts --nodes 3 --set maxElections=3
  "raft, 3 nodes, 3 elections": [
    1, 1, 3, 14, 50, 117, 209, 412, 865, 1573, 2601, 4069, 6080, 8454, 10905, 12851, 14080, 14722, 14803,
    14096, 12667, 10650, 8253, 6003, 3965, 2325, 1208, 576, 267, 114, 36, 6,
  ],
  // dscheck specs/raft.ts --nodes 3 --faults restart=1
  "raft, 3 nodes, 1 restart": [
    1, 1, 4, 16, 45, 75, 128, 279, 566, 998, 1622, 2478, 3528, 4642, 5553, 5930, 5728, 5327, 4811, 3893, 2917,
    1966, 1072, 442, 138, 33, 6,
  ],
  // dscheck specs/classic/raft-standard.ts --nodes 2 --set maxElections=2 --no-symmetry
  "raft-standard, 2 nodes, 2 elections": [
    1, 2, 5, 10, 17, 22, 27, 32, 46, 66, 86, 100, 108, 126, 154, 174, 182, 182, 188, 176, 144, 118, 100, 74,
    40, 20, 16, 8,
  ],
  // dscheck specs/classic/raft-standard.ts --set maxElections=1
  "raft-standard, 1 election": [
    1, 1, 1, 2, 2, 3, 5, 11, 19, 28, 39, 57, 82, 121, 176, 243, 318, 399, 473, 530, 562, 570, 553, 503, 431,
    351, 274, 195, 128, 80, 49, 23, 10, 5, 2,
  ],
  // dscheck specs/classic/raft-standard.ts --set maxElections=2
  "raft-standard, 2 elections": [
    1, 1, 3, 7, 17, 34, 65, 113, 205, 383, 736, 1361, 2395, 4033, 6609, 10623, 16838, 26216, 39792, 58584,
    83664, 116074, 156963, 207826, 269662, 341963, 422641, 507349, 588862, 658492, 707801, 729785, 720425,
    679639, 611426, 523760, 426320, 328770, 239744, 164766, 106076, 63787, 35701, 18272, 8365, 3438, 1259,
    352, 50,
  ],
  // dscheck specs/classic/raft-mongo.ts --set nodes=3
  "raft-mongo, 3 nodes": [
    1, 1, 2, 6, 17, 43, 97, 191, 357, 590, 867, 1113, 1243, 1141, 840, 519, 224, 89, 51, 8, 2,
  ],
  // dscheck specs/classic/simplified-paxos.ts --no-symmetry
  "simplified-paxos": [
    1, 2, 9, 20, 36, 82, 196, 422, 880, 1664, 2311, 3138, 4599, 6216, 7476, 7902, 7302, 4260, 1572, 372, 51,
    3,
  ],
  // dscheck specs/classic/paxos-tiny.ts --no-symmetry
  "paxos-tiny": [1, 2, 7, 12, 29, 72, 139, 234, 341, 464, 646, 780, 670, 372, 126, 24, 2],
  // dscheck specs/classic/two-phase-commit.ts --nodes 5 --no-symmetry
  "two-phase-commit, 5 nodes": [
    1, 11, 55, 170, 375, 652, 962, 1250, 1425, 1390, 1131, 753, 405, 175, 60, 15, 2,
  ],
  // dscheck specs/classic/two-phase-commit.ts --nodes 8 --no-symmetry
  "two-phase-commit, 8 nodes": [
    1, 17, 136, 688, 2500, 7056, 16408, 32972, 59254, 96816, 143840, 192656, 230412, 244342, 228712, 188304,
    135833, 85377, 46392, 21560, 8456, 2758, 736, 156, 24, 2,
  ],
  // dscheck specs/classic/async-termination-detection.ts --no-symmetry
  "async-termination-detection": [17, 60, 154, 310, 485, 631, 700, 644, 505, 331, 170, 70, 19, 1],
  // dscheck specs/classic/linearizable-memory.ts --no-symmetry
  "linearizable-memory": [8, 48, 320, 324, 312, 116, 64, 56, 16, 8],
  // dscheck specs/classic/alternating-bit.ts --no-symmetry
  "alternating-bit": [8, 16, 36, 36, 40, 24, 28, 24, 20, 8],
  // dscheck specs/classic/chang-roberts.ts
  "chang-roberts": [8, 24, 24, 20, 12, 16, 17, 10, 5, 1],
  // dscheck specs/classic/mongo-logless-raft.ts --nodes 3
  "mongo-logless-raft, 3 nodes": [3, 4, 16, 56, 163, 307, 263, 118, 15, 2],
};
