import fc from 'fast-check';
import { Decoder, Encoder, type Packet } from 'socket.io-parser';
import { expect, test } from 'vitest';
import { ACK, CONNECT, CONNECT_ERROR, decodePacket, DISCONNECT, encodePacket, EVENT } from './socket-io-packet.js';

const namespace = fc.constantFrom('/', '/jobs', '/tenant-1/jobs');
const json = fc.jsonValue();
const name = fc.string({ minLength: 1 }).filter((text) => !/^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/.test(text));
const dictionary = fc.dictionary(fc.string(), json);
const id = fc.nat();

/** Every packet without binary parts that either side may send. */
const packets = fc.oneof(
  fc.record({ type: fc.constant(CONNECT), namespace, data: dictionary }),
  fc.record({ type: fc.constant(DISCONNECT), namespace }),
  fc.record({ type: fc.constant(EVENT), namespace, id: fc.option(id, { nil: undefined }), data: fc.tuple(name, json) }),
  fc.record({ type: fc.constant(ACK), namespace, id, data: fc.tuple(json) }),
  fc.record({ type: fc.constant(CONNECT_ERROR), namespace, data: fc.record({ message: fc.string(), data: dictionary }) }),
);

const asParsed = (packet: { readonly namespace: string }) => {
  const { namespace: nsp, ...rest } = packet;
  return JSON.parse(JSON.stringify({ ...rest, nsp }));
};

test("what Socket.IO's own parser writes is read as it was meant", () => {
  fc.assert(
    fc.property(packets, ({ namespace: nsp, ...packet }) => {
      const [text] = new Encoder().encode({ ...packet, nsp } as unknown as Packet);
      expect(asParsed(decodePacket(text))).toEqual(asParsed({ ...packet, namespace: nsp }));
    }),
    { numRuns: 2_000 },
  );
});

test("what is written here is read by Socket.IO's own parser as it was meant", () => {
  const sent = packets.filter(({ type, namespace: of }) => (type === CONNECT || type === EVENT) && of !== '/');
  fc.assert(
    fc.property(sent, (packet) => {
      const read: unknown[] = [];
      const decoder = new Decoder();
      decoder.on('decoded', (parsed) => read.push(JSON.parse(JSON.stringify(parsed))));
      decoder.add(encodePacket(packet));
      expect(read).toEqual([asParsed(packet)]);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever else comes is refused with an error, and nothing of it is taken over', () => {
  for (const wrong of ['', '9', 'hello', '2/jobs,{}', '2/jobs,1', '3/jobs,1{}', '2/jobs,[', '51-/jobs,["a",{"_placeholder":true,"num":0}]', null, undefined, {}, new Uint8Array([50])])
    expect(() => decodePacket(wrong)).toThrow(Error);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789/jobs,[]{}"-') })), (text) => {
      try {
        expect(decodePacket(text).type).toBeLessThanOrEqual(4);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});
