/**
 * Alternating bit: values are transferred one at a time over two channels that lose messages.
 *
 * Source: Bartlett, Scantlebury and Wilkinson, "A note on reliable full-duplex transmission over half-duplex
 * links", CACM 12(5), 1969; AlternatingBit in Lamport, "Specifying Systems", 2002, chapter 14.
 * Abstracted away: time (an unacknowledged value may be sent again at any moment) and where values come from.
 * Network: one FIFO channel in each direction; any message on it may be lost, however often; none is duplicated
 * by the channel.
 * Bounds: a state with more than maxQueue messages in one channel is not explored further.
 *
 * ReceivedIsSent: while the sender waits for an acknowledgment, a receiver that shows the sender's bit holds the
 * sender's value.
 * AcknowledgedIsReceived: when the sender learns that its value was received, the receiver holds that value.
 */
import { defineSpec, integer, type ModelValue, type OrderedId } from "dscheck";
import { Record, type RecordOf } from "immutable";

type End = OrderedId<"ends">;
type Data = ModelValue<"data">;
type Bit = 0 | 1;

interface SenderFields {
  bit: Bit;
  /** The bit last acknowledged: equal to `bit` when the value sent has arrived. */
  acked: Bit;
  sent: Data | null;
}
type Sender = RecordOf<SenderFields>;

const Sender = Record<SenderFields>({ bit: 0, acked: 0, sent: null }, "Sender");

interface ReceiverFields {
  bit: Bit;
  received: Data | null;
}
type Receiver = RecordOf<ReceiverFields>;

const Receiver = Record<ReceiverFields>({ bit: 0, received: null }, "Receiver");

interface DataMessage {
  readonly type: "data";
  readonly from: End;
  readonly to: End;
  readonly bit: Bit;
  readonly data: Data | null;
}

interface AckMessage {
  readonly type: "ack";
  readonly from: End;
  readonly to: End;
  readonly bit: Bit;
}

export default defineSpec({
  name: "alternating-bit",
  summary: "the alternating bit protocol over channels that lose messages",
  source: "Lamport: Specifying Systems, 2002, chapter 14 (AlternatingBit)",
  parameters: {
    values: integer({ default: 2, min: 1, max: 5, meaning: "values that may be sent" }),
    maxQueue: integer({ default: 2, min: 1, max: 10, meaning: "messages in one channel" }),
  },
  model(m, p) {
    const data = m.scalarset("data", p.values);
    const ends = m.orderedIds("ends", 2);
    const [S, R] = [ends.members[0], ends.members[1]];

    const sender = m.cell<Sender>("sender", Sender());
    const receiver = m.cell<Receiver>("receiver", Receiver());
    const net = m.network<DataMessage | AckMessage>("net", ends, { kind: "fifo" });

    // Both ends agree on a bit; the values before the first transfer are arbitrary.
    m.initial((s) =>
      ([0, 1] as const)
        .flatMap((bit) =>
          data.map((sent) =>
            data.map((received) =>
              s.set(sender, Sender({ bit, acked: bit, sent })).set(receiver, Receiver({ bit, received })),
            ),
          ),
        )
        .flat(),
    );

    // The sender, whose last value was acknowledged, takes a new one, flips its bit and sends both.
    m.action("SendNewValue", { d: data }, (s, { d }) => {
      const self = s.get(sender);
      if (self.acked !== self.bit) return;
      const bit = self.bit === 0 ? 1 : 0;
      return s
        .set(sender, self.merge({ bit, sent: d }))
        .send(net, { type: "data", from: S, to: R, bit, data: d });
    });

    // The sender, which waits for an acknowledgment, sends its value again.
    m.action("Resend", {}, (s) => {
      const self = s.get(sender);
      if (self.acked === self.bit) return;
      return s.send(net, { type: "data", from: S, to: R, bit: self.bit, data: self.sent });
    });

    // The receiver takes the next value and its bit, whether they are new or not.
    m.receive("ReceiveValue", net, "data", (s, message) =>
      s.set(receiver, Receiver({ bit: message.bit, received: message.data })),
    );

    // The receiver acknowledges the bit it saw last; it may do so at any time.
    m.action("SendAck", {}, (s) => s.send(net, { type: "ack", from: R, to: S, bit: s.get(receiver).bit }));

    // The sender takes the next acknowledgment, whether it is of the last value or not.
    m.receive("ReceiveAck", net, "ack", (s, message) =>
      s.update(sender, (self) => self.set("acked", message.bit)),
    );

    // Any one message of either channel is lost.
    m.action(
      "Lose",
      { from: ends },
      { position: (s, { from }) => s.channel(net, from, ends.others(from)[0]).keys() },
      (s, { from, position }) => {
        const to = ends.others(from)[0];
        const kept = s.channel(net, from, to).delete(position);
        return s.clear(net, from, to).send(net, ...kept);
      },
      { fault: true },
    );

    m.constraint(
      "QueuesWithinBound",
      (s) => s.channel(net, S, R).size <= p.maxQueue && s.channel(net, R, S).size <= p.maxQueue,
    );

    m.invariant(
      "ReceivedIsSent",
      (s) => {
        const { bit, acked, sent } = s.get(sender);
        return acked === bit || s.get(receiver).bit !== bit || s.get(receiver).received === sent;
      },
      {
        meaning: "a receiver that shows the bit of the value in transfer holds that value",
        premise: (s) =>
          s.get(sender).acked !== s.get(sender).bit && s.get(receiver).bit === s.get(sender).bit,
      },
    );
    m.stepProperty(
      "AcknowledgedIsReceived",
      (before, after) => {
        const waited = before.get(sender).acked !== before.get(sender).bit;
        const { bit, acked, sent } = after.get(sender);
        return !waited || acked !== bit || after.get(receiver).received === sent;
      },
      { meaning: "when the sender learns that its value was received, the receiver holds it" },
    );
    m.reachable("Resent", (s) => s.channel(net, S, R).size >= 2, {
      meaning: "the sender sends a value again while the first copy is on its way",
    });
  },
});
