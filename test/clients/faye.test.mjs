import assert from 'node:assert/strict'
import { test } from 'node:test'
import faye from 'faye'
import { change, contact, customChannel, named, org, token, until, version } from './support.mjs'

const channel = '/data/ContactChangeEvent'

// open is a client that tells the replay id with each subscription, and takes
// the session from its header.
function open(accessToken, replay, replies, on = channel) {
  const client = new faye.Client(`${org.url}/cometd/${version}`)
  client.disable('websocket')
  client.setHeader('Authorization', `OAuth ${accessToken}`)
  client.addExtension({
    outgoing(message, done) {
      if (message.channel === '/meta/subscribe') message.ext = { ...message.ext, replay: { [on]: replay } }
      done(message)
    },
    incoming(message, done) {
      if (message.channel.startsWith('/meta/')) replies.push(message)
      done(message)
    },
  })
  return client
}

test('long-polling delivers, and begins again after a replay id', async () => {
  const accessToken = await token()
  const live = []
  const replies = []
  const first = open(accessToken, -1, replies)
  await first.subscribe(channel, (e) => live.push(e))
  assert.equal(replies[0].channel, '/meta/handshake')
  assert.equal(replies[0].ext.replay, true)
  await contact(accessToken, 'Faye 1')
  await contact(accessToken, 'Faye Ø')
  await until('two events', () => live.length === 2)
  await first.disconnect()
  await contact(accessToken, 'Faye 3')

  const again = []
  const second = open(accessToken, live[0].event.replayId, [])
  await second.subscribe(channel, (e) => again.push(e))
  await until('the events after the first', () => again.length === 2)
  await second.disconnect()
  assert.deepEqual(named(live), ['Faye 1', 'Faye Ø'])
  assert.deepEqual(named(again), ['Faye Ø', 'Faye 3'])
})

test('a custom channel carries what it is enriched with', async () => {
  const accessToken = await token()
  const custom = await customChannel('/data/Fairy__chn')
  const id = await contact(accessToken, 'Fairy')
  await change(accessToken, id, { Email: 'fairy@example.com' })
  const events = []
  const client = open(accessToken, -2, [], custom)
  await client.subscribe(custom, (e) => events.push(e))
  await change(accessToken, id, { Title: 'Queen' })
  await until('all three', () => events.filter((e) => e.payload.ChangeEventHeader.recordIds[0] === id).length === 3)
  await client.disconnect()
  assert.equal(events.at(-1).payload.Email, 'fairy@example.com')
})

test('a subscription with an unknown replay id is refused', async () => {
  const client = open(await token(), 999_999_999, [])
  await assert.rejects(async () => client.subscribe(channel, () => {}), {
    message: /The replayId \{999999999\} you provided was invalid/,
  })
  await client.disconnect()
})

test('a wrong token is told in the handshake', async () => {
  const replies = []
  const client = open('wrong', -1, replies)
  client.handshake()
  await until('a refusal', () => replies.length > 0)
  assert.equal(replies[0].successful, false)
  assert.equal(replies[0].ext.sfdc.failureReason, '401::Authentication invalid')
})
