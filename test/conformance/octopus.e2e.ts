/** The one difference that needs Octopus, whose hash leaves out the nonce's high bits. At difficulty 1 all nonces solve. */
import { it } from 'vitest';
import { LineClient } from '#libs/testkit';
import type { Step } from './conversation.js';
import { compare, startSides } from './sides.js';

const sides = startSides({ octopus: true, difficulty: 1 }, { POW_ALGORITHM: 'octopus' });

it('two nonces with the same low 64 bits spend the same hash', async () => {
  const client = await LineClient.open(sides.bridge.stratumPort);
  await client.subscribe();
  const { hash } = await client.job();
  client.close();
  const submit = (nonce: string): Step => ({
    send: `{"id":1,"method":"mining.submit","params":["w","j","0x${nonce}","${hash}"]}`,
  });
  const fill =
    (low: string) =>
    (text: string): string =>
      text.replace('<low>', low);
  await compare(
    sides,
    {
      name: 'the same low 64 bits',
      conversation: [submit('<low>'), { read: 1 }, submit('1000000000000<low>')],
      differs: {
        why: 'Duplicates are judged by header hash and low 64 bits of the nonce.',
        bridge: [
          '{"result":[true],"id":1}',
          '{"result":[false,"Problem already solved with nonce = 18446744073709600481! worker_id = w"],"id":1}',
        ],
      },
    },
    { bridge: { fill: fill('bee1') }, node: { fill: fill('bee2') } },
  );
});
