import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CometD } from 'cometd'
import { adapt } from 'cometd-nodejs-client'
import { contact, named, org, token, until, version } from './support.mjs'

const channel = '/data/ContactChangeEvent'

adapt()
window.console.debug = () => {}

test('an org without websocket is reached by long-polling', async () => {
  const accessToken = await token()
  const client = new CometD()
  client.configure({
    url: `${org.url}/cometd/${version}`,
    appendMessageTypeToURL: false,
    logLevel: 'error',
    requestHeaders: { Authorization: `Bearer ${accessToken}` },
  })
  await contact(accessToken, 'Kept')
  const events = []
  const replies = []
  client.addListener('/meta/handshake', (m) => replies.push(m))
  client.handshake()
  await until('a handshake', () => replies.some((m) => m.successful))
  assert.equal(client.getTransport().type, 'long-polling')
  const all = { ext: { replay: { [channel]: -2 } } }
  await new Promise((resolve) => client.subscribe(channel, (m) => events.push(m.data), all, resolve))
  await contact(accessToken, 'Live')
  await until('both events', () => events.length === 2)
  await new Promise((resolve) => client.disconnect(resolve))
  assert.deepEqual(named(events), ['Kept', 'Live'])
})
