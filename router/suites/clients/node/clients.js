// node-postgres: named statements, cursor, COPY, LISTEN, errors. Named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const LIMIT_MS = 60000;

async function withClient(use, options = {}) {
  const client = new pg.Client(options);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const checks = {
  values_come_back: () => withClient(async (client) => {
    const { rows } = await client.query('SELECT $1::int AS n, $2::text AS t, $3::bytea AS b, $4::jsonb AS j', [7, 'ä', Buffer.from([0, 255]), { a: [1] }]);
    assert.deepEqual(rows, [{ n: 7, t: 'ä', b: Buffer.from([0, 255]), j: { a: [1] } }]);
  }),

  named_statements_survive_many_transactions: () => withClient(async (client) => {
    for (let i = 0; i < 300; i++) {
      const { rows } = await client.query({ name: 'plus', text: 'SELECT $1::int + 1 AS n', values: [i] });
      assert.equal(rows[0].n, i + 1);
    }
  }),

  // Ten sessions use one name for ten texts.
  one_name_means_another_statement_in_another_session: async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, async () => {
      const client = new pg.Client();
      await client.connect();
      return client;
    }));
    try {
      for (let round = 0; round < 20; round++) {
        const results = await Promise.all(clients.map((client, i) => client.query({ name: 'same', text: `SELECT $1::int * ${i} AS n`, values: [round] })));
        assert.deepEqual(results.map((r) => r.rows[0].n), clients.map((_, i) => round * i));
      }
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  },

  // A transaction of its own on every client at once; what a transaction sees is its own.
  transactions_stay_together: async () => {
    const pool = new pg.Pool({ max: 20 });
    try {
      await Promise.all(Array.from({ length: 200 }, async (_, i) => {
        const client = await pool.connect();
        try {
          await client.query('BEGIN');
          await client.query(`SET LOCAL application_name = 'mine ${i}'`);
          const { rows } = await client.query("SELECT current_setting('application_name') AS name");
          assert.equal(rows[0].name, `mine ${i}`);
          await client.query('COMMIT');
        } finally {
          client.release();
        }
      }));
    } finally {
      await pool.end();
    }
  },

  a_cursor_reads_in_portions: () => withClient(async (client) => {
    const cursor = client.query(new Cursor('SELECT g FROM generate_series(1, $1::int) g', [1000]));
    let count = 0;
    for (let rows = await cursor.read(64); rows.length; rows = await cursor.read(64)) count += rows.length;
    assert.equal(count, 1000);
    await cursor.close();
  }),

  a_cursor_closed_early_leaves_the_session_usable: () => withClient(async (client) => {
    const cursor = client.query(new Cursor('SELECT g FROM generate_series(1, 100000) g'));
    assert.equal((await cursor.read(10)).length, 10);
    await cursor.close();
    assert.equal((await client.query('SELECT 5 AS n')).rows[0].n, 5);
  }),

  copy_both_ways: () => withClient(async (client) => {
    await client.query('CREATE TEMP TABLE copied (i int, t text)');
    const lines = Array.from({ length: 50000 }, (_, i) => `${i}\tline ${i}\n`);
    await pipeline(Readable.from(lines), client.query(copyFrom('COPY copied FROM STDIN')));
    let out = '';
    const stream = client.query(copyTo('COPY copied TO STDOUT'));
    for await (const chunk of stream) out += chunk;
    assert.equal(out, lines.join(''));
  }),

  listen_hears_another_session: () => withClient((listener) => withClient(async (sender) => {
    await listener.query('LISTEN node_channel');
    const heard = once(listener, 'notification');
    await sender.query("NOTIFY node_channel, 'hello'");
    const [message] = await heard;
    assert.deepEqual([message.channel, message.payload], ['node_channel', 'hello']);
    await listener.query('UNLISTEN *');
  })),

  an_error_leaves_the_session_usable: () => withClient(async (client) => {
    await assert.rejects(client.query('SELECT 1/$1::int', [0]), { code: '22012' });
    await assert.rejects(client.query({ name: 'broken', text: 'SELECT no_such_column' }), { code: '42703' });
    assert.equal((await client.query('SELECT 5 AS n')).rows[0].n, 5);
  }),

  // node-postgres queues them itself; each is sent when the one before has ended.
  queued_queries_answer_in_order_around_an_error: () => withClient(async (client) => {
    const results = await Promise.allSettled([1, 0, 2].map((n) => client.query('SELECT 10/$1::int AS n', [n])));
    assert.deepEqual(results.map((r) => (r.status === 'fulfilled' ? r.value.rows[0].n : r.reason.code)), [10, '22012', 5]);
  }),

  several_statements_in_one_string: () => withClient(async (client) => {
    const results = await client.query('SELECT 1 AS n; SELECT 2 AS n; SELECT 3 AS n');
    assert.deepEqual(results.map((r) => r.rows[0].n), [1, 2, 3]);
  }),

  a_query_time_limit_of_the_server_holds: () => withClient(async (client) => {
    await assert.rejects(client.query('SELECT pg_sleep(20)'), { code: '57014' });
    assert.equal((await client.query('SELECT 5 AS n')).rows[0].n, 5);
  }, { statement_timeout: 300 }),

  tls_encrypts: () => withClient(async (client) => {
    assert.equal((await client.query('SELECT 5 AS n')).rows[0].n, 5);
    assert.equal(client.connection.stream.encrypted, true);
  }, { host: 'localhost', ssl: { ca: readFileSync(process.env.PGSSLROOTCERT, 'utf8') } }),

  a_wrong_password_is_refused: () => assert.rejects(withClient(() => {}, { password: 'wrong' }), { code: '28P01' }),
};

for (const [name, check] of Object.entries(checks)) {
  let timer;
  const started = Date.now();
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([check(), limit]);
    console.log(`node-postgres#${name} passed`);
  } catch (failure) {
    console.error(failure);
    console.log(`node-postgres#${name} failed`);
  } finally {
    clearTimeout(timer);
    console.error(`time: ${((Date.now() - started) / 1000).toFixed(1)} node-postgres#${name}`);
  }
}
// A check that ran out of time may have left a connection open.
process.exit(0);
